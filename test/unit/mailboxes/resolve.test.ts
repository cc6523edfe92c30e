import { expect, it } from "vitest";
import { defaultConnection, type MailboxId } from "../../../lib/core/ids.js";
import { type Expansion, emptyExpansion } from "../../../lib/mailboxes/expansion.js";
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

it("lets nothing be archived when an exception is not known: it might mean anybody", () => {
  const fatal = (mode: Mode, mailboxes: string[]) =>
    resolve({ mailboxes: { mode, mailboxes, groups: [] } }, directory).unresolved.map(({ fatal }) => fatal);
  expect(fatal("except", ["nobody@contoso.example"])).toEqual([true]);
  expect(fatal("only", ["nobody@contoso.example"])).toEqual([false]);
  expect(fatal("except", ["guest@contoso.example"])).toEqual([]);
});

const group = (change: Partial<Expansion>): Expansion => ({ ...emptyExpansion("legal@contoso.example"), ...change });
const inGroup = (mode: Mode, expansion: Expansion) =>
  resolve({ mailboxes: { mode, mailboxes: [], groups: [expansion.name] } }, directory, { expanded: [expansion] });
const path = ["legal@contoso.example"];

it("chooses who is in a group, by id or address, and leaves its guests out without a word", () => {
  const people = [
    { id: anna.id, path },
    { address: "SALES@contoso.example", path },
    { id: guest.id, path },
  ];
  const { chosen, excluded, unresolved } = inGroup("only", group({ people }));
  expect(chosen.map(({ mailbox, named }) => [mailbox.displayName, named])).toEqual([
    ["anna", false],
    ["sales", false],
  ]);
  expect(excluded.map(({ reason }) => reason)).toEqual(["GUEST"]);
  expect(unresolved).toEqual([]);
});

it("says how a mailbox was chosen, its own name before a group", () => {
  const groups = ["legal@contoso.example"];
  const expansion = group({ people: [{ id: anna.id, path }] });
  const profile = { mailboxes: { mode: "only" as const, mailboxes: ["ID-ANNA"], groups } };
  expect(resolve(profile, directory, { expanded: [expansion] }).chosen).toMatchObject([
    {
      named: true,
      selectedBy: { name: "ID-ANNA", how: "objectId", note: "object id ID-ANNA resolved to anna@contoso.example" },
    },
  ]);
});

it.each([
  ["GROUP_NOT_FOUND", true],
  ["GROUP_NOT_IN_GRAPH", true],
  ["GROUP_UNREADABLE", true],
  ["GROUP_UNAVAILABLE", true],
  ["GROUP_EMPTY", false],
] as const)("a group that is %s keeps an exception from being applied: %s", (code, fatal) => {
  const problems = [{ code, message: "as it is" }];
  expect(inGroup("except", group({ problems })).unresolved).toMatchObject([{ reason: code, fatal }]);
  expect(inGroup("only", group({ problems })).unresolved).toMatchObject([{ reason: code, fatal: false }]);
});

it("names members whom the snapshot does not know, and passes over contacts", () => {
  const people = [
    { id: "id-new" as MailboxId, path },
    { address: "outside@fabrikam.example", path },
  ];
  const { unresolved, groups } = inGroup("only", group({ people }));
  expect(unresolved).toMatchObject([{ reason: "GROUP_MEMBER_UNKNOWN", message: expect.stringContaining("id-new") }]);
  expect(groups[0]?.ignored).toMatchObject([{ name: "outside@fabrikam.example" }]);
});
