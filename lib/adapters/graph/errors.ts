// What every refusal of Graph means, as one table: whether to try again, and what it comes to when trying ends.
// Sources: https://learn.microsoft.com/graph/errors, .../graph/throttling, .../graph/delta-query-overview, and the
// Exchange codes as observed in tenants.
import type { ErrorCode } from "../../core/errors.js";
import type { FaultKind } from "./fault.js";

/** What was asked for. `link` is a delta link of a folder, `directory-link` one of the users, `well-known` a folder by its well-known name. */
export type Where = "message" | "folder" | "link" | "well-known" | "mailbox" | "directory" | "directory-link";

/** How often to try: see {@link tries}. `pause` stops the whole mailbox for a while and then goes on. */
export type Retry = "never" | "once" | "few" | "patient" | "pause";

/** All tries of one request, the first one included. */
export const tries: Record<Retry, number> = { never: 1, once: 2, few: 3, patient: 5, pause: 6 };

/**
 * gone              the message has left the mailbox
 * absent            there is nothing of that name
 * folder-gone       the folder has left the mailbox
 * resync            the delta link has died
 * failed-for-good   this one message cannot be had; asking again will not help
 * failed-for-now    this one message cannot be had now
 * unrendered        this page of a folder cannot be had; another stretch of the folder may be
 */
export type Outcome =
  | "gone"
  | "absent"
  | "folder-gone"
  | "resync"
  | "failed-for-good"
  | "failed-for-now"
  | "unrendered";

/** An outcome is a value of the port; a code is thrown. */
export type End = { outcome: Outcome } | { throws: Exclude<ErrorCode, "resync"> };

export interface Rule {
  status: (status: number) => boolean;
  /** Lower case; a trailing `*` matches any ending; an empty list matches an answer that names no code. Absent: any. */
  codes?: readonly string[];
  where?: readonly Where[];
  retry: Retry;
  end: End;
}

const is =
  (...statuses: number[]) =>
  (status: number) =>
    statuses.includes(status);
const any = () => true;
const hundred = (digit: number) => (status: number) => Math.floor(status / 100) === digit;
const outcome = (name: Outcome): End => ({ outcome: name });
const throws = (code: Exclude<ErrorCode, "resync">): End => ({ throws: code });

const ofMailbox: Where[] = ["message", "folder", "link", "well-known", "mailbox"];
const ofFolder: Where[] = ["folder", "link"];
const noCode: string[] = [];

/** The mailbox is inactive, soft-deleted, on-premises, or never was. */
const noMailboxCodes = [
  "mailboxnotenabledforrestapi",
  "mailboxnothostedinexchangeonline",
  "errorinvaliduser",
  "errornonexistentmailbox",
  "resourcenotfound",
  "request_resourcenotfound",
];

const syncStateCodes = ["syncstatenotfound", "syncstateinvalid", "resyncrequired"];

/** Exchange cannot render this item, and will not be able to later. */
const brokenItemCodes = [
  "errorcorruptdata",
  "errorcannotopenfileattachment",
  "errorinvalidrecipients",
  "errormimecontentinvalid*",
  "errormessagesizeexceeded",
  "requestentitytoolarge",
];

/** The store is busy, moving or restarting, whatever the status says. */
const storeCodes = [
  "errorserverbusy",
  "errormailboxstoreunavailable",
  "errormailboxmoveinprogress",
  "errortimeoutexpired",
];

/** Of an answer that comes to `absent`: whether it says so in so many words, or only refuses the name. */
export const isPlainAbsence = ({ status, reason }: { status: number; reason: string }): boolean =>
  status === 404 && ["erroritemnotfound", "errorfoldernotfound"].includes(reason.toLowerCase());

/** The first row that fits decides. */
export const rules: readonly Rule[] = [
  { status: is(429, 509), retry: "pause", end: throws("throttled") },

  // Whatever a link of the users has died of: reading all users is always safe.
  { status: is(400, 404, 410), where: ["directory-link"], retry: "never", end: outcome("resync") },
  { status: any, codes: syncStateCodes, where: ["directory-link"], retry: "never", end: outcome("resync") },

  {
    status: is(400, 401, 403, 404),
    codes: noMailboxCodes,
    where: ofMailbox,
    retry: "never",
    end: throws("no-mailbox"),
  },
  // A catch-all of Exchange that an unlicensed user gets too; only when asking for the mailbox itself does it say that.
  {
    status: is(401, 403),
    codes: ["authenticationerror"],
    where: ["mailbox"],
    retry: "never",
    end: throws("no-mailbox"),
  },
  { status: is(404), codes: ["erroritemnotfound"], where: ["mailbox"], retry: "never", end: throws("no-mailbox") },
  { status: is(401), retry: "never", end: throws("unauthenticated") },

  { status: is(410), where: ofFolder, retry: "never", end: outcome("resync") },
  { status: any, codes: syncStateCodes, where: ofFolder, retry: "never", end: outcome("resync") },
  {
    status: hundred(4),
    codes: ["errorsyncfoldernotfound", "erroritemnotfound", "errorfoldernotfound"],
    where: ofFolder,
    retry: "never",
    end: outcome("folder-gone"),
  },
  // A link Graph once gave and now cannot read is dead, whatever it calls that: reading from the start is always safe.
  { status: is(400), where: ["link"], retry: "never", end: outcome("resync") },

  { status: is(404), codes: ["erroritemnotfound"], where: ["message"], retry: "never", end: outcome("gone") },
  {
    status: is(404),
    codes: ["request_resourcenotfound", "resourcenotfound"],
    where: ["directory"],
    retry: "never",
    end: outcome("absent"),
  },
  // A 404 that names no code comes from a gateway as well: it is never taken for an absence.
  { status: is(404), codes: noCode, where: ["message"], retry: "once", end: outcome("failed-for-now") },
  { status: is(404), codes: noCode, retry: "once", end: throws("unavailable") },
  { status: is(400, 404), where: ["well-known"], retry: "never", end: outcome("absent") },

  { status: any, codes: brokenItemCodes, where: ["message"], retry: "never", end: outcome("failed-for-good") },
  { status: any, codes: brokenItemCodes, where: ofFolder, retry: "never", end: outcome("unrendered") },
  { status: any, codes: brokenItemCodes, retry: "never", end: throws("unavailable") },
  { status: any, codes: storeCodes, where: ["message"], retry: "patient", end: outcome("failed-for-now") },
  { status: any, codes: storeCodes, retry: "patient", end: throws("unavailable") },

  { status: is(403), where: ["message"], retry: "never", end: outcome("failed-for-good") },
  { status: is(403), retry: "never", end: throws("forbidden") },

  { status: is(408, 423, 425, 500, 504), where: ["message"], retry: "few", end: outcome("failed-for-now") },
  // One message that Exchange cannot render spoils every page it is on, and the status says nothing of which it is.
  { status: is(500, 504), where: ofFolder, retry: "few", end: outcome("unrendered") },
  { status: is(408, 423, 425, 500, 504), retry: "few", end: throws("unavailable") },
  { status: hundred(5), where: ["message"], retry: "patient", end: outcome("failed-for-now") },
  { status: hundred(5), where: ofFolder, retry: "patient", end: outcome("unrendered") },
  { status: hundred(5), retry: "patient", end: throws("unavailable") },

  // Redirects (never followed: the token is for one host only) and every refusal nobody has named yet.
  { status: any, where: ["message"], retry: "never", end: outcome("failed-for-good") },
  { status: any, retry: "never", end: throws("invalid") },
];

export function ruleFor(status: number, code: string | undefined, where: Where): Rule {
  const found = rules.find(
    (rule) =>
      rule.status(status) &&
      (rule.codes === undefined || fits(rule.codes, code?.toLowerCase())) &&
      (rule.where === undefined || rule.where.includes(where)),
  );
  return found ?? (rules[rules.length - 1] as Rule);
}

function fits(codes: readonly string[], code: string | undefined): boolean {
  if (code === undefined) return codes.length === 0;
  return codes.some((known) => (known.endsWith("*") ? code.startsWith(known.slice(0, -1)) : code === known));
}

/** The same for tries that ended without an answer. */
export const faultRules: Record<FaultKind, { retry: Retry; message: End; folder: End; elsewhere: End }> = {
  unreachable: passing("patient", throws("unavailable"), throws("unavailable")),
  cut: passing("patient", outcome("failed-for-now"), outcome("unrendered")),
  timeout: passing("few", outcome("failed-for-now"), outcome("unrendered")),
  malformed: passing("few", outcome("failed-for-now"), outcome("unrendered")),
  "too-large": {
    retry: "never",
    message: outcome("failed-for-good"),
    folder: outcome("unrendered"),
    elsewhere: throws("too-large"),
  },
};

function passing(retry: Retry, message: End, folder: End) {
  return { retry, message, folder, elsewhere: throws("unavailable") };
}

/** What a fault comes to, by what was asked for. */
export function faultEnd(kind: FaultKind, where: Where): End {
  const rule = faultRules[kind];
  if (where === "message") return rule.message;
  return ofFolder.includes(where) ? rule.folder : rule.elsewhere;
}
