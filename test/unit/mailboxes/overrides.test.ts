// Which override holds for which mailbox, and which ones hold for none.
import { describe, expect, it } from "vitest";
import { defaultConnection, type MailboxId } from "../../../lib/core/ids.js";
import type { MailboxEntry } from "../../../lib/mailboxes/mailbox.js";
import { assignOverrides, conflictIn } from "../../../lib/mailboxes/overrides.js";
import { ProfileInput } from "../../../lib/profiles/profile.js";
import { profileSettings } from "../../../lib/profiles/settings.js";

const entry = (name: string, change: Partial<MailboxEntry> = {}): MailboxEntry => ({
  id: `00000000-0000-4000-a000-00000000000${name.length}` as MailboxId,
  connection: defaultConnection,
  displayName: name,
  userPrincipalName: `${name}@contoso.example`,
  address: `${name}@contoso.example`,
  addresses: [`${name}@contoso.example`, `${name}.alias@contoso.example`],
  accountEnabled: true,
  kind: "user",
  seenAt: "2026-03-01T00:00:00Z",
  ...change,
});
const ann = entry("ann", { onPremisesDistinguishedName: "CN=Ann,OU=Legal,DC=contoso" });
const ben = entry("benn");
const cora = entry("coraa", { excluded: "NO_MAIL_ADDRESS" });
const directory = [ann, ben, cora];
const chosen = [{ mailbox: ann }];
const excluded = [{ mailbox: ben, reason: "EXCEPTED_BY_PROFILE" }];

const override = (...mailboxes: string[]) => ({ mailboxes, filter: {} });
function assigned(overrides: object[], unanswered = new Map()) {
  const profile = ProfileInput.parse({ name: "x", mailboxes: { mode: "all" }, overrides });
  return assignOverrides(profileSettings(profile), { chosen, excluded, unanswered }, directory);
}

describe("an override", () => {
  it.each(["ann@contoso.example", "ANN.alias@contoso.example", ann.id, "cn=ann, ou=Legal,dc=contoso"])(
    "holds for whom it means: %s",
    (name) => {
      const { of, places, mayMissExemption } = assigned([override("benn@contoso.example"), override(name)]);
      expect(of(ann)).toEqual({ index: 1, name, replaces: ["filter"] });
      expect(places[1]).toMatchObject({ mailbox: { id: ann.id, address: ann.address }, problem: null });
      expect(mayMissExemption).toBe(false);
    },
  );

  it.each([
    ["benn@contoso.example", /overrides\[0\] names benn@.* does not choose \(EXCEPTED_BY_PROFILE\)/],
    ["coraa.alias@contoso.example", /coraa\.alias@contoso\.example \(coraa@contoso\.example\)/],
  ])("of whom the profile does not choose is named: %s", (name, says) => {
    const { places, mayMissExemption } = assigned([override(name)]);
    expect(places[0]?.problem).toEqual({ code: "OVERRIDE_MAILBOX_NOT_SELECTED", message: expect.stringMatching(says) });
    // It is known who that is: nobody else can be meant.
    expect(mayMissExemption).toBe(false);
  });

  it("of a name that nobody has is named, and may hide an exemption", () => {
    const { of, places, mayMissExemption } = assigned([override("nobody@contoso.example")]);
    expect(places[0]).toMatchObject({ mailbox: null, problem: { code: "OVERRIDE_MAILBOX_NOT_FOUND" } });
    expect({ mayMissExemption, applied: of(ann) }).toEqual({ mayMissExemption: true, applied: undefined });
    const patience = { mailboxes: ["nobody@contoso.example"], requestTimeoutSeconds: 60 };
    expect(assigned([patience]).mayMissExemption).toBe(false);
  });

  it("of a name for which the directory gave no answer says so", () => {
    const name = "nobody@contoso.example";
    const { places } = assigned([override(name)], new Map([[name, { code: "HTTP_503", message: "down" }]]));
    expect(places[0]?.problem?.message).toContain("the directory did not answer (HTTP_503)");
  });

  it("may mean one mailbox by two names; two may not", () => {
    const [address, alias] = ["ann@contoso.example", "ann.alias@contoso.example"];
    const one = assigned([override(address, alias)]);
    expect(one.of(ann)).toEqual({ index: 0, name: address, replaces: ["filter"] });
    expect(one.places.map(({ problem }) => problem)).toEqual([null, null]);
    const two = assigned([override(alias), override(address)]);
    expect(two.of(ann)).toEqual({ index: 0, name: alias, replaces: ["filter"], conflictsWith: 1 });
    expect(two.places.map(({ problem }) => problem?.code)).toEqual([undefined, "OVERRIDE_CONFLICT"]);
  });
});

it("finds the field at fault before a profile is saved", () => {
  const alias = { mailboxes: ["nobody@contoso.example", "ann.alias@contoso.example"] };
  expect(conflictIn([{ mailboxes: [ann.address] }, alias], directory)).toMatchObject({
    field: "overrides[1].mailboxes[1]",
    message: expect.stringContaining("whom overrides[0] means, too, as ann@contoso.example"),
  });
  expect(conflictIn([{ mailboxes: [ann.address, "ann.alias@contoso.example"] }], directory)).toBeUndefined();
});
