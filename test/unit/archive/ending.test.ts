import { describe, expect, it } from "vitest";
import { endingOf } from "../../../lib/archive/ending.js";
import { type ErrorCode, MailkeepError } from "../../../lib/core/errors.js";
import { aPart } from "../runs/a-run.js";

const fault = (code: ErrorCode, reason?: string) =>
  new MailkeepError(code, "it went wrong", { ...(reason !== undefined && { reason }), requestId: "request-1" });

it("without a fault as the counts say", () => {
  expect(endingOf(aPart())).toEqual({ status: "noChanges" });
  expect(endingOf(aPart({ owed: 1 }))).toEqual({ status: "succeededWithGaps" });
});

it.each<[string, number, number, boolean]>([
  ["none of all messages could be read", 5, 5, true],
  ["three old ones are tried again beside a mailbox that was archived", 3, 9_000, false],
  ["one message could be read", 4, 5, false],
  ["the only two messages are broken", 2, 2, false],
])("a mailbox is called unreadable or not: %s", (_, quarantined, total, isNamed) => {
  const seen = quarantined === 4 ? 5 : quarantined;
  const tally = { ...aPart().tally, seen, stored: seen - quarantined, quarantined };
  const { status, problems = [] } = endingOf(aPart({ tally, total, owed: quarantined }));
  expect(status).toBe("succeededWithGaps");
  expect(problems.map(({ code }) => code)).toEqual(isNamed ? ["NO_MESSAGE_READABLE"] : []);
});

describe("for good", () => {
  it.each(["forbidden", "corrupt"] as const)("at once for %s, with a reason", (code) => {
    expect(endingOf(aPart(), fault(code, "ErrorAccessDenied"))).toEqual({
      status: "failed",
      reason: "ErrorAccessDenied",
      problems: [{ code: "ErrorAccessDenied", message: "it went wrong", requestId: "request-1" }],
    });
  });

  it("a mailbox that is not there fails when a person named it, and is excluded when a rule chose it", () => {
    expect(endingOf(aPart({ named: true }), fault("no-mailbox", "ErrorInvalidUser"))).toMatchObject({
      status: "failed",
      reason: "ErrorInvalidUser",
      problems: [{ code: "ErrorInvalidUser" }],
    });
    expect(endingOf(aPart(), fault("no-mailbox"))).toEqual({ status: "excluded", reason: "no-mailbox" });
  });
});

describe("perhaps later", () => {
  it("not before the fourth refused token in a row, and then as one that is no matter of the mailbox", () => {
    expect(endingOf(aPart({ faults: 2 }), fault("unauthenticated"))).toBeUndefined();
    expect(endingOf(aPart({ faults: 3 }), fault("unauthenticated", "InvalidAuthenticationToken"))).toMatchObject({
      status: "failed",
      reason: "InvalidAuthenticationToken",
      tokenRefused: true,
    });
  });

  it.each(["unavailable", "cancelled", "conflict", "precondition-failed", "invalid", "not-found"] as const)(
    "not before the fifth %s in a row",
    (code) => {
      expect(endingOf(aPart({ faults: 0 }), fault(code))).toBeUndefined();
      expect(endingOf(aPart({ faults: 3 }), fault(code))).toBeUndefined();
      expect(endingOf(aPart({ faults: 4 }), fault(code))).toMatchObject({ status: "failed", reason: code });
    },
  );
});
