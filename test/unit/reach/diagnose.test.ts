// One refusal has many causes: which of them it is, by what the token, Exchange and earlier answers say.
import { expect, it } from "vitest";
import { type Circumstances, diagnose } from "../../../lib/reach/diagnose.js";

const refused: Circumstances = {
  roles: ["User.Read.All"],
  before: undefined,
  othersReadable: true,
  namesPolicy: false,
};

it.each<[string, Partial<Circumstances>, string]>([
  ["Exchange cannot be asked, and others are read without a right in the token", {}, "NOT_IN_SCOPE"],
  ["Exchange knows no grant of the app", { rights: [] }, "MAIL_RIGHT_MISSING"],
  [
    "Exchange knows a scope without the mailbox",
    { rights: [{ permission: "Mail.Read", scope: "Kept", inScope: false }] },
    "NOT_IN_SCOPE",
  ],
  ["nobody else is read", { othersReadable: false }, "MAIL_RIGHT_MISSING"],
])("%s", (_, circumstances, code) => expect(diagnose({ ...refused, ...circumstances }).code).toBe(code));
