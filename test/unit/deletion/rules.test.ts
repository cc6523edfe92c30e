import { describe, expect, it } from "vitest";
import type { FolderId, MailboxId, MessageKey, RunId } from "../../../lib/core/ids.js";
import { type Circumstances, judgeRow } from "../../../lib/deletion/candidates.js";
import { isHeld } from "../../../lib/deletion/holds.js";
import { Deletion, ruleHash } from "../../../lib/profiles/deletion.js";
import { ProfileInput } from "../../../lib/profiles/profile.js";
import type { KeptCause } from "../../../lib/runs/deletion-counts.js";

const rule = Deletion.parse({ mode: "afterArchive", olderThanDays: 90, action: "moveToDeletedItems" });
if (rule.mode === "none") throw new Error("no rule");
const [inbox, trash, recoverable] = ["inbox", "trash", "recoverable"] as FolderId[] as [FolderId, FolderId, FolderId];

const around: Circumstances = {
  mailbox: "box" as MailboxId,
  run: "r" as RunId,
  rule,
  folders: new Map([
    [inbox, "/Inbox"],
    [trash, "/Deleted Items"],
    [recoverable, "/Recoverable Items/Deletions"],
  ]),
  unread: new Set(),
  deletedItems: new Set([trash]),
  blocked: undefined,
  archivedAnew: new Set(["anew" as MessageKey]),
  now: new Date("2026-04-01T12:00:00Z"),
};
const row = { folderId: inbox, receivedAt: "2026-01-01T12:00:00Z", storedAt: "2026-03-25T12:00:00Z", removedAt: "" };
const kept = (cause: KeptCause) => ({ kind: "keep", cause });

describe("a catalog row", () => {
  it.each([
    ["is a candidate on the day it is old enough", {}, {}, { kind: "candidate" }],
    ["is too young a second before", { receivedAt: "2026-01-01T12:00:01Z" }, {}, kept("tooYoung")],
    ["is in grace a second before", { storedAt: "2026-03-25T12:00:01Z" }, {}, kept("inGrace")],
    ["of an unreadable time is too young", { receivedAt: "soon" }, {}, kept("tooYoung")],
    ["that left the mailbox is none", { removedAt: "2026-03-30T00:00:00Z" }, {}, { kind: "pass" }],
    ["of a folder not chosen is none", { folderId: "elsewhere" }, {}, { kind: "pass" }],
    ["we deleted in this run is counted already", { deletedRun: "r" }, {}, { kind: "pass" }],
    ["we deleted once is left alone for ever", { deletedAt: "2026-03-01T00:00:00Z" }, {}, kept("deletedBefore")],
    ["in Deleted Items is where it should go", { folderId: trash }, {}, kept("inDeletedItems")],
    ["in Recoverable Items is left alone", { folderId: recoverable }, {}, kept("inDeletedItems")],
    ["of a folder that was not read to its end", {}, { unread: new Set(["/Inbox"]) }, kept("folderNotRead")],
    ["when too much went wrong to tell what was read", {}, { unread: undefined }, kept("folderNotRead")],
    ["of what is archived meanwhile is for another run", { key: "anew" }, {}, { kind: "pass" }],
    ["of a mailbox on hold", {}, { blocked: "onHold" as const }, kept("onHold")],
  ])("%s", (_name, change, other, verdict) => {
    expect(judgeRow({ ...row, ...change }, { ...around, ...other })).toEqual(verdict);
  });

  it("in Deleted Items may be deleted from there", () => {
    const deleting = { ...around, rule: { ...around.rule, action: "delete" as const } };
    expect(judgeRow({ ...row, folderId: trash }, deleting)).toEqual({ kind: "candidate" });
  });
});

describe("holds", () => {
  const free = {
    litigationHold: false,
    inPlaceHolds: [],
    complianceTagHold: false,
    delayHold: false,
    organizationHolds: [],
  };
  const policy = "mbx7cfb30345d454ac0a989ab3041051209";
  it.each([
    [{}, false],
    [{ litigationHold: true }, true],
    [{ complianceTagHold: true }, true],
    [{ delayHold: true }, true],
    [{ inPlaceHolds: ["mbx7cfb30345d454ac0a989ab3041051209:1"] }, true],
    [{ inPlaceHolds: ["-mbxf9b5a3b5d8f64a4c:1"] }, false],
    // For everybody: what keeps holds, but for mailboxes that are left out of it.
    [{ organizationHolds: [`${policy}:2`] }, true],
    [{ organizationHolds: [`${policy}:3`] }, true],
    [{ organizationHolds: [policy] }, true],
    [{ organizationHolds: ["skp127d7cf1076947929bf136b7a2a8c36f:3"] }, true],
    [{ organizationHolds: ["UniH7d895d48-7e23-4a8d-8346-533c3beac15d"] }, true],
    [{ organizationHolds: ["cld9c0a984ca74b457fbe4504bf7d3e00de"] }, true],
    [{ organizationHolds: ["of a kind that is made tomorrow:1"] }, true],
    [{ organizationHolds: [`${policy}:2`], inPlaceHolds: [`-${policy}`] }, false],
    [{ organizationHolds: [`${policy}:2`], inPlaceHolds: [`-${policy.toUpperCase()}:2`] }, false],
    [{ organizationHolds: [`${policy}:2`, "mbx2:3"], inPlaceHolds: [`-${policy}`] }, true],
    [{ organizationHolds: [`${policy}:2`], inPlaceHolds: ["-mbx2"] }, true],
    [{ organizationHolds: [`${policy}:1`] }, false],
    [{ organizationHolds: ["grp1a0a132ee8944501a4bb6a452ec31171:3"] }, false],
  ])("%j", (change, held) => expect(isHeld({ ...free, ...change })).toBe(held));
});

describe("a rule", () => {
  const input = (deletion: object, more: object = {}) =>
    ProfileInput.parse({ name: "x", mailboxes: { mode: "all" }, deletion, ...more });
  const base = { mode: "afterArchive", olderThanDays: 90, action: "delete" };

  it("has its defaults, and bounds", () => {
    expect(Deletion.parse(base)).toEqual({ ...base, graceDays: 7, maxPerRun: 500, dryRun: true });
    const wrong = [
      { olderThanDays: -1 },
      { olderThanDays: 40_000 },
      { graceDays: -1 },
      { maxPerRun: 0 },
      { maxPerRun: 10_001 },
      { action: "burn" },
      { olderThanDays: 1.5 },
      { foo: 1 },
    ];
    for (const one of wrong) expect(Deletion.safeParse({ ...base, ...one }).success, JSON.stringify(one)).toBe(false);
    expect(ProfileInput.parse({ name: "x", mailboxes: { mode: "all" } }).deletion).toEqual({ mode: "none" });
  });

  it("is the same whatever its switch says, and another one for anything else", () => {
    const hash = ruleHash(input(base));
    expect(ruleHash(input({ ...base, dryRun: false }, { name: "y", schedule: null }))).toBe(hash);
    for (const change of [{ olderThanDays: 91 }, { action: "permanentDelete" }, { graceDays: 8 }, { maxPerRun: 1 }])
      expect(ruleHash(input({ ...base, ...change }))).not.toBe(hash);
    expect(ruleHash(input(base, { folders: { include: ["/Inbox"] } }))).not.toBe(hash);
    expect(ruleHash(input(base, { filter: { read: "read" } }))).not.toBe(hash);
    expect(ruleHash(input(base, { mailboxes: { mode: "except", mailboxes: ["a@contoso.com"] } }))).not.toBe(hash);
  });
});
