// What a profile may say of some of its mailboxes, and what then holds for each.
import { describe, expect, it } from "vitest";
import { ruleHash } from "../../../lib/profiles/deletion.js";
import { ProfileInput } from "../../../lib/profiles/profile.js";
import { profileSettings, settingsFor, viewSettings } from "../../../lib/profiles/settings.js";

const anna = "anna@contoso.com";
const ben = "ben@contoso.com";
const id = "1183e9df-aa03-47d6-ac38-d0b496060252";
const wanted = { name: "Legal", mailboxes: { mode: "all" } };
const profile = (overrides: object[], change: object = {}) => ProfileInput.parse({ ...wanted, ...change, overrides });
const timed = (...mailboxes: string[]) => ({ mailboxes, requestTimeoutSeconds: 60 });

/** The first complaint: where, and about what. */
function refusal(overrides: unknown): string {
  const { error } = ProfileInput.safeParse({ ...wanted, overrides });
  const [first] = error?.issues ?? [];
  return `${first?.path.join(".")}: ${first?.code === "unrecognized_keys" ? first.keys.join() : first?.message}`;
}

describe("an override", () => {
  it("is not needed", () => {
    expect(ProfileInput.parse(wanted).overrides).toEqual([]);
  });

  it("takes the usual defaults for what it leaves out inside", () => {
    const [override] = profile([{ mailboxes: [anna], folders: { include: ["wellknown:inbox"] } }]).overrides;
    expect(override).toEqual({
      mailboxes: [anna],
      folders: {
        include: ["wellknown:inbox"],
        exclude: ["wellknown:drafts", "wellknown:junkemail"],
        hidden: false,
        recoverableItems: false,
      },
    });
  });

  it.each<[string, unknown, RegExp]>([
    ["a DOMAIN\\user", [timed("CONTOSO\\anna")], /^overrides\.0\.mailboxes\.0: .*DOMAIN\\user/],
    ["a guest", [timed(anna, "x_y.com#EXT#@contoso.com")], /^overrides\.0\.mailboxes\.1: .*guest/],
    ["what is no name", [timed(anna), timed("anna")], /^overrides\.1\.mailboxes\.0: .*no name/],
    ["nobody", [timed()], /^overrides\.0\.mailboxes: /],
    ["nothing to replace", [{ mailboxes: [anna] }], /^overrides\.0: replaces nothing/],
    ["an unknown field", [{ ...timed(anna), schedule: null }], /^overrides\.0: schedule/],
    ["a group", [{ ...timed(anna), groups: ["legal@contoso.com"] }], /^overrides\.0: groups/],
    ["the same name twice", [timed(anna, ` ${anna}`)], /^overrides\.0\.mailboxes\.1: is named by overrides\[0\]/],
    [
      "the same name in two",
      [timed(ben), timed(anna), timed("SMTP:Anna@Contoso.com")],
      /^overrides\.2\.mailboxes\.0: is named by overrides\[1\]\.mailboxes\[0\]/,
    ],
    [
      "a distinguished name in two spellings",
      [timed("CN=Anna,DC=contoso"), timed("cn=anna, dc=Contoso")],
      /^overrides\.1\.mailboxes\.0: is named by/,
    ],
    ["a timeout out of bounds", [{ mailboxes: [anna], requestTimeoutSeconds: 5 }], /^overrides\.0\.requestTimeout/],
    [
      "a folder that is none",
      [{ mailboxes: [anna], folders: { include: ["x"] } }],
      /^overrides\.0\.folders\.include\.0/,
    ],
    ["a filter that nothing fits", [{ mailboxes: [anna], filter: { minSize: 2, maxSize: 1 } }], /filter\.maxSize/],
    [
      "a deletion rule of its own",
      [{ mailboxes: [anna], deletion: { mode: "afterArchive" } }],
      /^overrides\.0\.deletion\.mode: must be "none"/,
    ],
    ["too many", Array.from({ length: 201 }, (_, n) => timed(`m${n}@x.example`)), /^overrides: /],
    [
      "too many names",
      Array.from({ length: 6 }, (_, n) => timed(...Array.from({ length: 900 }, (_, m) => `m${n}.${m}@x.example`))),
      /^overrides: name 5400 mailboxes/,
    ],
  ])("is refused with %s", (_, overrides, says) => expect(refusal(overrides)).toMatch(says));
});

describe("what holds for a mailbox", () => {
  const filter = { read: "read", senders: ["@contoso.com"] };
  const deletion = { mode: "afterArchive", olderThanDays: 90, action: "delete" };
  const whole = profile(
    [
      { mailboxes: [anna], filter: { olderThanDays: 30 } },
      { mailboxes: [ben], deletion: { mode: "none" }, folders: { include: ["/Inbox"] }, requestTimeoutSeconds: 20 },
    ],
    { filter, deletion },
  );
  const settings = profileSettings(whole);
  const applied = (index: number) => ({ index, name: "x", replaces: [] });

  it("is the profile's where no override means it", () => {
    const { folders, requestTimeoutSeconds } = whole;
    expect(settingsFor(settings, undefined)).toEqual({
      folders,
      filter: whole.filter,
      deletion: whole.deletion,
      requestTimeoutSeconds,
      overridden: [],
    });
  });

  it("is the override's as a whole, and the profile's for the rest", () => {
    const of = settingsFor(settings, applied(0));
    // Nothing of the profile's filter is left in it.
    expect(of.filter).toMatchObject({ olderThanDays: 30, read: "any", senders: [] });
    expect(of).toMatchObject({ folders: whole.folders, deletion, overridden: ["filter"] });
    expect(settingsFor(settings, applied(1))).toMatchObject({
      folders: { include: ["/Inbox"] },
      filter: whole.filter,
      deletion: { mode: "none" },
      requestTimeoutSeconds: 20,
      overridden: ["folders", "deletion", "requestTimeoutSeconds"],
    });
  });

  it("is no deletion where two contradict each other", () => {
    const of = settingsFor(settings, { ...applied(0), conflictsWith: 1 });
    expect(of).toMatchObject({ deletion: { mode: "none" }, overridden: ["filter", "deletion"] });
    expect(of.filter.olderThanDays).toBe(30);
  });

  it("is never guessed where the override is lost", () => {
    expect(() => settingsFor(settings, applied(2))).toThrow(
      expect.objectContaining({ reason: "RUN_SETTINGS_MISSING" }),
    );
  });

  it("is shown whole, with what is replaced, as long as it is not too much", () => {
    const view = viewSettings(settings);
    expect(view.profile).toMatchObject({ filter: { read: "read" }, deletion });
    expect(view.overrides).toMatchObject([
      { index: 0, mailboxes: [anna], replaces: ["filter"], settings: { filter: { olderThanDays: 30 }, deletion } },
      { index: 1, mailboxes: [ben], settings: { deletion: { mode: "none" }, requestTimeoutSeconds: 20 } },
    ]);
    const include = Array.from({ length: 200 }, (_, n) => `/${"x".repeat(900)}${n}`);
    const many = Array.from({ length: 10 }, (_, n) => ({ mailboxes: [`m${n}@x.example`], folders: { include } }));
    const shown = viewSettings(profileSettings(profile(many))).overrides.map((one) => one.settings !== null);
    expect(shown).toEqual([true, true, true, true, true, false, false, false, false, false]);
  });
});

describe("the hash that a dry run is of", () => {
  const deletion = { mode: "afterArchive", olderThanDays: 90, action: "delete" };
  const hash = (...overrides: object[]) => ruleHash(profile(overrides, { deletion }));

  it("is another one for whatever bears on what is deleted", () => {
    const exempt = { mailboxes: [anna], deletion: { mode: "none" } };
    const hashes = [
      hash(),
      hash(exempt),
      hash({ ...exempt, mailboxes: [ben] }),
      hash({ mailboxes: [anna], folders: { include: ["/Inbox"] } }),
      hash({ mailboxes: [anna], filter: { read: "read" } }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("is the same for what does not, and for profiles from before there were overrides", () => {
    expect(hash(timed(anna))).toBe(hash());
    const { overrides: _, ...older } = profile([], { deletion });
    expect(ruleHash({ ...older, overrides: [] })).toBe(hash());
    expect(hash({ ...timed(id), deletion: { mode: "none" } })).toBe(
      hash({ mailboxes: [id], deletion: { mode: "none" } }),
    );
  });
});
