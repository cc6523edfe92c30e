import { expect, it } from "vitest";
import { defaultConnection, type MailboxId } from "../../../lib/core/ids.js";
import type { MailboxEntry } from "../../../lib/mailboxes/mailbox.js";
import { resolve } from "../../../lib/mailboxes/resolve.js";

const entry = (name: string, change: Partial<MailboxEntry> = {}): MailboxEntry => ({
  id: `id-${name}` as MailboxId,
  connection: defaultConnection,
  displayName: name,
  userPrincipalName: `${name}@contoso.example`,
  address: `${name}@contoso.example`,
  addresses: [`${name}@contoso.example`],
  accountEnabled: true,
  kind: "user",
  seenAt: "2026-03-01T00:00:00Z",
  ...change,
});
const anna = entry("anna", { addresses: ["anna@contoso.example", "sales@contoso.example"] });
const sales = entry("sales");
const guest = entry("guest", { excluded: "GUEST", kind: "none" });
const directory = [anna, sales, guest];

type Mode = "single" | "all" | "except" | "only";
function resolved(mode: Mode, ...mailboxes: string[]) {
  const { chosen, excluded, unresolved } = resolve({ mailboxes: { mode, mailboxes, groups: [] } }, directory);
  return {
    chosen: chosen.map(({ mailbox, named }) => `${mailbox.displayName}${named ? " (named)" : ""}`),
    excluded: excluded.map(({ mailbox, reason }) => `${mailbox.displayName}: ${reason}`),
    unresolved: unresolved.map(({ address, reason }) => `${address}: ${reason}`),
  };
}

it("chooses all, and says why not for the others", () => {
  expect(resolved("all")).toEqual({ chosen: ["anna", "sales"], excluded: ["guest: GUEST"], unresolved: [] });
});

it("chooses all but some", () => {
  expect(resolved("except", "ANNA@contoso.example")).toEqual({
    chosen: ["sales"],
    excluded: ["anna: EXCEPTED_BY_PROFILE", "guest: GUEST"],
    unresolved: [],
  });
});

it("chooses only those named, once each, by id, principal name or any address", () => {
  expect(resolved("only", "id-anna", " anna@contoso.example ", "id-sales").chosen).toEqual([
    "anna (named)",
    "sales (named)",
  ]);
});

it("takes a primary address for its owner's, whoever has it as an alias", () => {
  expect(resolved("single", "sales@contoso.example").chosen).toEqual(["sales (named)"]);
});

it("names what is missing and what cannot be archived: a person asked for it", () => {
  expect(resolved("only", "nobody@contoso.example", "guest@contoso.example")).toEqual({
    chosen: [],
    excluded: ["guest: GUEST"],
    unresolved: ["nobody@contoso.example: ADDRESS_NOT_FOUND", "guest@contoso.example: GUEST"],
  });
});
