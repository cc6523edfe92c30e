import { describe, expect, it } from "vitest";
import { faultRules, ruleFor, type Where } from "../../../../lib/adapters/graph/errors.js";

type Case = [status: number, code: string | undefined, where: Where, retry: string, end: string];

const cases: Case[] = [
  [429, "ApplicationThrottled", "message", "pause", "throttled"],
  [429, "TooManyRequests", "directory", "pause", "throttled"],
  [429, undefined, "folder", "pause", "throttled"],
  [509, undefined, "message", "pause", "throttled"],

  [404, "ErrorItemNotFound", "message", "never", "gone"],
  [404, "erroritemnotfound", "message", "never", "gone"],
  [404, undefined, "message", "once", "failed-for-now"],
  [404, undefined, "folder", "once", "unavailable"],
  [404, undefined, "link", "once", "unavailable"],
  [404, undefined, "well-known", "once", "unavailable"],
  [404, undefined, "mailbox", "once", "unavailable"],
  [404, undefined, "directory", "once", "unavailable"],
  [404, "SomethingNew", "message", "never", "failed-for-good"],
  [404, "SomethingNew", "folder", "never", "invalid"],

  [410, undefined, "link", "never", "resync"],
  [410, "Gone", "folder", "never", "resync"],
  [400, "SyncStateNotFound", "link", "never", "resync"],
  [404, "syncStateNotFound", "link", "never", "resync"],
  [400, "resyncRequired", "link", "never", "resync"],
  [410, "syncStateInvalid", "link", "never", "resync"],
  [400, "BadRequest", "link", "never", "resync"],
  [400, "BadRequest", "folder", "never", "invalid"],
  [404, "ErrorSyncFolderNotFound", "link", "never", "folder-gone"],
  [400, "ErrorSyncFolderNotFound", "link", "never", "folder-gone"],
  [404, "ErrorItemNotFound", "link", "never", "folder-gone"],
  [404, "ErrorItemNotFound", "folder", "never", "folder-gone"],
  [404, "ErrorFolderNotFound", "folder", "never", "folder-gone"],

  [404, "ErrorFolderNotFound", "well-known", "never", "absent"],
  [400, "ErrorInvalidIdMalformed", "well-known", "never", "absent"],
  [404, "Request_ResourceNotFound", "directory", "never", "absent"],

  [404, "MailboxNotEnabledForRESTAPI", "folder", "never", "no-mailbox"],
  [401, "MailboxNotEnabledForRESTAPI", "mailbox", "never", "no-mailbox"],
  [400, "MailboxNotEnabledForRESTAPI", "link", "never", "no-mailbox"],
  [404, "MailboxNotHostedInExchangeOnline", "message", "never", "no-mailbox"],
  [404, "ErrorInvalidUser", "well-known", "never", "no-mailbox"],
  [404, "ResourceNotFound", "mailbox", "never", "no-mailbox"],
  [404, "Request_ResourceNotFound", "mailbox", "never", "no-mailbox"],
  [404, "ErrorItemNotFound", "mailbox", "never", "no-mailbox"],
  [401, "AuthenticationError", "mailbox", "never", "no-mailbox"],
  [403, "AuthenticationError", "mailbox", "never", "no-mailbox"],

  [401, "InvalidAuthenticationToken", "message", "never", "unauthenticated"],
  [401, undefined, "directory", "never", "unauthenticated"],
  [401, "AuthenticationError", "folder", "never", "unauthenticated"],
  [403, "ErrorAccessDenied", "message", "never", "failed-for-good"],
  [403, "ErrorAccessDenied", "folder", "never", "forbidden"],
  [403, "ErrorAccessDenied", "mailbox", "never", "forbidden"],
  [403, "Authorization_RequestDenied", "directory", "never", "forbidden"],

  [500, "ErrorCorruptData", "message", "never", "failed-for-good"],
  [500, "ErrorCorruptData", "folder", "never", "unrendered"],
  [400, "ErrorCannotOpenFileAttachment", "message", "never", "failed-for-good"],
  [400, "ErrorInvalidRecipients", "message", "never", "failed-for-good"],
  [500, "ErrorMimeContentInvalid", "message", "never", "failed-for-good"],
  [400, "ErrorMimeContentInvalidBase64String", "message", "never", "failed-for-good"],
  [413, "RequestEntityTooLarge", "message", "never", "failed-for-good"],
  [413, undefined, "message", "never", "failed-for-good"],
  [400, "ErrorInvalidIdMalformed", "message", "never", "failed-for-good"],
  [405, undefined, "message", "never", "failed-for-good"],

  [500, "InternalServerError", "message", "few", "failed-for-now"],
  [500, undefined, "link", "few", "unrendered"],
  [502, undefined, "message", "patient", "failed-for-now"],
  [502, undefined, "folder", "patient", "unrendered"],
  [503, "ServiceUnavailable", "message", "patient", "failed-for-now"],
  [503, undefined, "mailbox", "patient", "unavailable"],
  [504, "UnknownError", "message", "few", "failed-for-now"],
  [504, undefined, "link", "few", "unrendered"],
  [500, "ErrorMailboxStoreUnavailable", "folder", "patient", "unavailable"],
  [400, "ErrorServerBusy", "message", "patient", "failed-for-now"],

  [302, undefined, "message", "never", "failed-for-good"],
  [301, undefined, "folder", "never", "invalid"],
  [400, "InefficientFilter", "folder", "never", "invalid"],
];

describe("the error table", () => {
  it.each(cases)("%i %s on %s: retry %s, then %s", (...[status, code, where, retry, end]) => {
    const rule = ruleFor(status, code, where);
    expect(rule.retry).toBe(retry);
    expect("outcome" in rule.end ? rule.end.outcome : rule.end.throws).toBe(end);
  });

  it("takes no answer without a code for an absence, whatever was asked for", () => {
    const everywhere: Where[] = ["message", "folder", "link", "well-known", "mailbox", "directory"];
    for (const where of everywhere)
      for (const status of [400, 403, 404, 500, 502, 503, 504]) {
        if (status === 400 && (where === "link" || where === "well-known")) continue; // see the table
        const { end } = ruleFor(status, undefined, where);
        expect(["gone", "absent", "folder-gone"]).not.toContain("outcome" in end ? end.outcome : "");
      }
  });

  it("blames the connection, not the message, when no connection can be made", () => {
    expect(faultRules.unreachable.message).toEqual({ throws: "unavailable" });
    expect(faultRules.cut.message).toEqual({ outcome: "failed-for-now" });
    expect(faultRules["too-large"]).toMatchObject({ retry: "never", message: { outcome: "failed-for-good" } });
  });
});
