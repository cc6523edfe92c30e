// Pure: what a profile's filter says of a message, from the facts that are known of it and the time.
import type { SkipCause } from "../core/skip-cause.js";
import { day } from "../core/time.js";
import { fits } from "../core/wildcard.js";
import type { Address, ExtraFact, MessageFacts } from "../ports/mail-source.js";
import { type MessageFilter, scopeOf, wholeFilter } from "./filter.js";
import { markTests, type Test } from "./mark-tests.js";

/**
 * take  the filter wants it; `unlessSize`: Exchange does not say its size, so its bytes decide; `unjudged`: fields of the
 *       filter that ask for what nobody says of this message, which keeps none out of the archive
 * skip  it does not, as the message is now
 * wait  it will from `dueAt` on, if nothing else changes
 * ask   a fact is missing that decides: ask for the whole message
 */
export type Verdict =
  | { kind: "take"; unlessSize?: (bytes: number) => SkipCause | undefined; unjudged?: string[] }
  | { kind: "skip"; cause: SkipCause }
  | { kind: "wait"; dueAt: string; cause: "NOT_OLD_ENOUGH" }
  | { kind: "ask" };

export interface Asked {
  now: Date;
  /** The message itself was asked for: what is still not said, nobody will say. */
  whole: boolean;
}

export interface Judge {
  /** See {@link scopeOf}; undefined: it takes everything. */
  scope: string | undefined;
  /** What it must know of messages that is not told of all of them. */
  asks: ExtraFact[];
  /** Whether messages may have to wait until they are old enough. */
  mayWait: boolean;
  verdict(message: MessageFacts, asked: Asked): Verdict;
}

/** Runs from before there were filters have none: they take everything. */
export function judgeOf(given: Partial<MessageFilter> = {}): Judge {
  const filter = wholeFilter(given);
  const scope = scopeOf(filter);
  const ofSize = sizeTest(filter);
  const tests = testsOf(filter, ofSize);
  return {
    scope,
    asks: asksOf(filter),
    mayWait: filter.olderThanDays !== null,
    verdict(message, { now, whole }) {
      if (scope === undefined) return { kind: "take" };
      const results = tests.map(({ field, test }) => ({ field, result: test(message, whole) }));
      const cause = results.find(({ result }) => result !== "passes" && result !== undefined)?.result;
      if (cause !== undefined) return { kind: "skip", cause: cause as SkipCause };
      const due = dueTime(filter, message);
      if (due !== undefined && due > now.getTime())
        return { kind: "wait", dueAt: new Date(due).toISOString(), cause: "NOT_OLD_ENOUGH" };
      const unknown = results.filter(({ result }) => result === undefined).map(({ field }) => field);
      if (filter.olderThanDays !== null && due === undefined) unknown.push("olderThanDays");
      if (unknown.length > 0 && !whole) return { kind: "ask" };
      // What nobody can say keeps no message out of the archive; a size is told by the bytes.
      const unjudged = unknown.filter((field) => field !== "size");
      return {
        kind: "take",
        ...(ofSize !== undefined && message.size === undefined && { unlessSize: ofSize }),
        ...(unjudged.length > 0 && { unjudged }),
      };
    },
  };
}

/** Each under the name of its field, as a person knows it. */
function testsOf(filter: MessageFilter, ofSize: ReturnType<typeof sizeTest>): { field: string; test: Test }[] {
  const tests = [
    { field: filter.receivedFrom === null ? "receivedTo" : "receivedFrom", test: receivedTest(filter) },
    { field: "read", test: readTest(filter) },
    { field: "hasAttachments", test: attachmentsTest(filter) },
    { field: "senders", test: senderTest(filter) },
    { field: "categories", test: categoryTest(filter) },
    { field: "size", test: sizeOf(ofSize) },
  ];
  return [...tests.flatMap(({ field, test }) => (test === undefined ? [] : [{ field, test }])), ...markTests(filter)];
}

function asksOf(filter: MessageFilter): ExtraFact[] {
  const { minSize, maxSize, flag, messageClasses, sensitivity, sensitivityLabels } = filter;
  const wishes: [ExtraFact, boolean][] = [
    ["size", minSize !== null || maxSize !== null],
    ["flag", flag !== "any"],
    ["messageClass", messageClasses.length > 0],
    ["sensitivity", sensitivity.length > 0],
    ["labels", sensitivityLabels.length > 0],
  ];
  return wishes.filter(([, isAsked]) => isAsked).map(([fact]) => fact);
}

/** The last moment a date can be (ECMA-262 section 21.4.1.1). */
const lastMoment = 8.64e15;

/** From when on the message is old enough; undefined when there is no age to reach, or nobody says how old it is. */
function dueTime({ olderThanDays }: MessageFilter, { receivedAt }: MessageFacts): number | undefined {
  if (olderThanDays === null || receivedAt === undefined) return undefined;
  return Math.min(Date.parse(receivedAt) + olderThanDays * day, lastMoment);
}

function receivedTest({ receivedFrom, receivedTo }: MessageFilter): Test | undefined {
  if (receivedFrom === null && receivedTo === null) return undefined;
  const from = receivedFrom === null ? Number.NEGATIVE_INFINITY : Date.parse(receivedFrom);
  const to = receivedTo === null ? Number.POSITIVE_INFINITY : Date.parse(receivedTo);
  return ({ receivedAt }) => {
    if (receivedAt === undefined) return undefined;
    const at = Date.parse(receivedAt);
    if (at < from) return "RECEIVED_TOO_EARLY";
    return at >= to ? "RECEIVED_TOO_LATE" : "passes";
  };
}

function readTest({ read }: MessageFilter): Test | undefined {
  if (read === "any") return undefined;
  return ({ isRead }) => {
    if (isRead === undefined) return undefined;
    if (isRead === (read === "read")) return "passes";
    return isRead ? "IS_READ" : "IS_UNREAD";
  };
}

function attachmentsTest({ hasAttachments: wanted }: MessageFilter): Test | undefined {
  if (wanted === "any") return undefined;
  return ({ hasAttachments }) => {
    if (hasAttachments === undefined) return undefined;
    if (hasAttachments === (wanted === "yes")) return "passes";
    return hasAttachments ? "HAS_ATTACHMENTS" : "HAS_NO_ATTACHMENTS";
  };
}

function sizeTest({ minSize, maxSize }: MessageFilter): ((bytes: number) => SkipCause | undefined) | undefined {
  if (minSize === null && maxSize === null) return undefined;
  return (bytes) => {
    if (minSize !== null && bytes < minSize) return "UNDER_MIN_SIZE";
    return maxSize !== null && bytes > maxSize ? "OVER_MAX_SIZE" : undefined;
  };
}

const sizeOf = (ofSize: ReturnType<typeof sizeTest>): Test | undefined =>
  ofSize && (({ size }) => (size === undefined ? undefined : (ofSize(size) ?? "passes")));

/**
 * A message sent on somebody's behalf has two senders; either will do. One of which Graph told the recipients and no
 * sender has none; where it told neither, as of an item that it cannot render whole, nothing is known of senders.
 */
function senderTest({ senders }: MessageFilter): Test | undefined {
  if (senders.length === 0) return undefined;
  const isChosen = choosesSender(senders);
  return ({ from, sender, to }, whole) => {
    const said = [from, sender].filter((who): who is Address => who !== undefined);
    if (said.some(({ email }) => isChosen(email))) return "passes";
    const isTold = (whole && to !== undefined) || said.length === 2;
    return isTold ? "SENDER_NOT_CHOSEN" : undefined;
  };
}

function choosesSender(senders: string[]): (email: string) => boolean {
  const patterns = senders.map((sender) => sender.toLowerCase());
  const exact = new Set(patterns.filter((pattern) => !pattern.includes("*") && !pattern.startsWith("@")));
  const domains = new Set(patterns.filter((pattern) => !pattern.includes("*") && pattern.startsWith("@")));
  const wild = patterns.filter((pattern) => pattern.includes("*")).map((pattern) => wildcard(pattern).split("*"));
  return (email) => {
    const address = email.toLowerCase();
    if (exact.has(address) || domains.has(address.slice(address.lastIndexOf("@")))) return true;
    return wild.some((pieces) => fits(pieces, address));
  };
}

/** `@*.contoso.com` is a domain, too: anybody there. */
const wildcard = (pattern: string) => (pattern.startsWith("@") ? `*${pattern}` : pattern);

function categoryTest(filter: MessageFilter): Test | undefined {
  if (filter.categories.length === 0) return undefined;
  const fold = (text: string) => text.normalize("NFC").toLowerCase();
  const chosen = new Set(filter.categories.map(fold));
  return ({ categories }) => {
    if (categories === undefined) return undefined;
    return categories.some((name) => chosen.has(fold(name))) ? "passes" : "CATEGORY_NOT_CHOSEN";
  };
}
