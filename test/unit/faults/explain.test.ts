// The catalogue: what it must say of every code, and how a code that somebody met finds its entry.
import { describe, expect, it } from "vitest";
import { faultReason } from "../../../lib/adapters/graph/fault.js";
import { httpStatus } from "../../../lib/core/errors.js";
import { allCodes, explain, helpFor } from "../../../lib/faults/explain.js";

describe("every entry", () => {
  it.each(allCodes())("$code says cause and fix in whole sentences, and a permission where it is granted", (entry) => {
    for (const text of [entry.cause, entry.fix]) expect(text).toMatch(/^[A-ZÄ“].{8,}[.]$/s);
    if (entry.kind === "permission" && !entry.code.startsWith("HTTP_") && entry.code !== "FORBIDDEN")
      expect(entry.command, "a missing right needs a command").toBeDefined();
    if (entry.link !== undefined) expect(entry.link).toMatch(/^https:\/\/learn\.microsoft\.com\/[a-z]/);
  });

  it("of Microsoft's links to Microsoft's page", () => {
    const foreign = allCodes().filter(({ code }) => /[a-z]/.test(code) || code.startsWith("AADSTS"));
    expect(foreign.length).toBeGreaterThan(90);
    for (const { code, link } of foreign) expect(link, code).toBeDefined();
  });

  it("stands in the order of the alphabet, so that a list can be paged", () => {
    const codes = allCodes().map(({ code }) => code);
    expect(codes).toEqual([...codes].sort());
  });
});

describe("a code", () => {
  it.each([
    ["syncstatenotfound", "SyncStateNotFound"],
    ["no-mailbox", "NO_MAILBOX"],
    ["ErrorMimeContentInvalidBase64String", "ErrorMimeContentInvalid"],
    ["HTTP_503", "HTTP_5xx"],
    ["HTTP_418", "HTTP_4xx"],
    ["HTTP_403", "HTTP_403"],
    ["AADSTS7000222", "AADSTS7000222"],
    ["AADSTS530003", "AADSTS"],
  ])("%s is found as %s", (met, code) => expect(explain(met)?.code).toBe(code));

  it("that nobody has named has no help, and no invented one", () => {
    expect(explain("ErrorTeapot")).toBeUndefined();
    expect(helpFor("ErrorTeapot")).toEqual({});
    expect(explain("constructor")).toBeUndefined();
  });

  it.each([...Object.keys(httpStatus), ...Object.values(faultReason)])("%s of our own is explained", (code) =>
    expect(explain(code)).toBeDefined(),
  );
});

describe("a command", () => {
  it("is filled in with what is known, and says what is not", () => {
    const { command } = explain("NOT_IN_SCOPE", { appId: "app-1", mailbox: "anna@contoso.com" }) ?? {};
    expect(command).toContain("-Identity app-1 -Resource anna@contoso.com");
    expect(command).toContain('-Identity "<group>"');
  });

  it("takes no value that would break out of it", () => {
    const { command } = explain("NOT_IN_SCOPE", { mailbox: 'a"; Remove-Mailbox *' }) ?? {};
    expect(command).toContain("-Resource <mailbox>");
  });
});
