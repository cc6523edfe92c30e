// What a person types into the search box, as conditions. Pure, and bounded.
import { MailkeepError } from "../core/errors.js";

export const longestQuery = 1_000;
export const mostTerms = 30;

/** Texts are folded: see {@link folded}. */
export type Condition =
  | { kind: "from" | "to" | "subject" | "word" | "attachment" | "folder" | "mailbox"; text: string }
  | { kind: "has-attachment" }
  /** Received at or after, or before, this time (ISO 8601). */
  | { kind: "after" | "before"; time: string }
  /** More, or less, than so many bytes. */
  | { kind: "larger" | "smaller"; bytes: number };

export interface Term {
  condition: Condition;
  negated: boolean;
}

export type Query = Term[];

/** Compatibility forms (full-width letters, ligatures) and cases count as the same. */
export const folded = (text: string): string => text.normalize("NFKC").toLowerCase();

/** A minus, a field and a colon, a phrase in quotes or what stands up to the next blank; each but the last may be missing. */
const token = /(-?)(?:([A-Za-z]+):)?(?:"([^"]*)"|(\S+))/gu;

/**
 * All terms must fit. `-` before a term means that it must not. Text that looks like a field and is none is text, so that
 * `re:` finds answers.
 * @throws MailkeepError `invalid` (SEARCH_INVALID) with what is wrong
 */
export function parseQuery(text: string): Query {
  if (text.length > longestQuery) throw wrong(`has more than ${longestQuery} characters`);
  const terms: Query = [];
  for (const [whole, minus, field, phrase, plain] of text.matchAll(token)) {
    const value = phrase ?? plain ?? "";
    if (folded(value).trim() === "") continue;
    const condition = conditionOf(field?.toLowerCase(), value);
    // A word with quotes in it, or a field that is none: the text as it was typed.
    const shown = minus === "-" ? whole.slice(1) : whole;
    terms.push({
      negated: minus === "-",
      condition: condition ?? { kind: "word", text: folded(shown.replaceAll('"', "")) },
    });
    if (terms.length > mostTerms) throw wrong(`has more than ${mostTerms} terms`);
  }
  if (terms.length === 0) throw wrong("says nothing to look for");
  return terms;
}

function conditionOf(field: string | undefined, value: string): Condition | undefined {
  switch (field) {
    case undefined:
      return { kind: "word", text: folded(value) };
    case "from":
    case "to":
    case "subject":
    case "attachment":
    case "folder":
    case "mailbox":
      return { kind: field, text: folded(value) };
    case "has":
      if (folded(value) === "attachment") return { kind: "has-attachment" };
      throw wrong("knows has:attachment and no other has:");
    case "after":
    case "before":
      return { kind: field, time: timeOf(field, value) };
    case "larger":
    case "smaller":
      return { kind: field, bytes: bytesOf(field, value) };
    default:
      return undefined;
  }
}

/** A day in UTC, or a whole time with its zone. */
function timeOf(field: string, value: string): string {
  const isTime =
    /^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?$/i;
  const time = isTime.test(value) ? new Date(value) : undefined;
  if (time === undefined || Number.isNaN(time.getTime()) || !isRealDay(value))
    throw wrong(`${field}: needs a date like 2026-03-01`);
  return time.toISOString();
}

/** 30 February would become 2 March. */
const isRealDay = (value: string): boolean => {
  const day = value.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) === day;
};

const units: Record<string, number> = {
  "": 1,
  b: 1,
  k: 1024,
  kb: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
};

function bytesOf(field: string, value: string): number {
  const [, digits, unit = ""] = /^([0-9]{1,12}(?:\.[0-9]{1,3})?)([A-Za-z]{0,2})$/.exec(value) ?? [];
  const factor = units[unit.toLowerCase()];
  if (digits === undefined || factor === undefined) throw wrong(`${field}: needs a size like 500KB or 5MB`);
  return Math.floor(Number(digits) * factor);
}

const wrong = (what: string): MailkeepError =>
  new MailkeepError("invalid", `the search ${what}`, { reason: "SEARCH_INVALID", field: "q" });
