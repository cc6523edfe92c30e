import { describe, expect, it } from "vitest";
import { ruleHash } from "../../../lib/profiles/deletion.js";
import { MessageFilter, scopeOf } from "../../../lib/profiles/filter.js";
import { ProfileInput } from "../../../lib/profiles/profile.js";

describe("a filter is refused by its field", () => {
  it.each([
    ["a time without a zone", { receivedFrom: "2026-01-01T00:00:00" }, ["receivedFrom"]],
    ["no date", { receivedTo: "2026-02-30" }, ["receivedTo"]],
    ["an end before the beginning", { receivedFrom: "2026-02-01", receivedTo: "2026-01-31T23:00:00Z" }, ["receivedTo"]],
    ["no time between", { receivedFrom: "2026-02-01", receivedTo: "2026-02-01T01:00:00+01:00" }, ["receivedTo"]],
    ["days that are no number", { olderThanDays: "30" }, ["olderThanDays"]],
    ["days before today", { olderThanDays: -1 }, ["olderThanDays"]],
    ["more days than there were", { olderThanDays: 36_501 }, ["olderThanDays"]],
    ["an unknown state", { read: "maybe" }, ["read"]],
    ["a largest size below the smallest", { minSize: 10, maxSize: 9 }, ["maxSize"]],
    ["part of a byte", { minSize: 1.5 }, ["minSize"]],
    ["a sender without an @", { senders: ["anna@contoso.com", "contoso.com"] }, ["senders", 1]],
    ["a sender with a name", { senders: ["Anna <anna@contoso.com>"] }, ["senders", 0]],
    ["too many senders", { senders: Array.from({ length: 1_001 }, (_, n) => `a${n}@contoso.com`) }, ["senders"]],
    ["an empty category", { categories: [" "] }, ["categories", 0]],
    ["a flag that is none", { flag: "red" }, ["flag"]],
    ["a class with a star in front", { messageClasses: ["*.SMIME"] }, ["messageClasses", 0]],
    ["a star alone", { messageClasses: ["IPM.Note", "*"] }, ["messageClasses", 1]],
    ["two stars", { messageClasses: ["IPM.*.*"] }, ["messageClasses", 0]],
    ["an endless class", { messageClasses: [`IPM.${"x".repeat(252)}`] }, ["messageClasses", 0]],
    ["a sensitivity by its number", { sensitivity: [3] }, ["sensitivity", 0]],
    ["a label by its name", { sensitivityLabels: ["Confidential"] }, ["sensitivityLabels", 0]],
    ["a field that is none", { sender: "anna@contoso.com" }, []],
  ])("for %s", (_, filter, path) => {
    const { error } = MessageFilter.safeParse(filter);
    expect(error?.issues.map((issue) => issue.path)).toEqual([path]);
  });
});

it.each(["anna@contoso.com", "@contoso.com", "*@*.contoso.com", "news*@contoso.com", "@*.contoso.com"])(
  "takes %s for a sender",
  (sender) => expect(MessageFilter.parse({ senders: [` ${sender} `] }).senders).toEqual([sender]),
);

describe("what a filter asks", () => {
  const scope = (filter: object) => scopeOf(MessageFilter.parse(filter));
  it("is nothing by default", () => {
    expect(scope({})).toBeUndefined();
    expect(scope({ olderThanDays: 0 })).toBeDefined();
  });

  it.each([
    ["dates and times", { receivedFrom: "2026-01-01" }, { receivedFrom: "2026-01-01T01:00:00+01:00" }],
    ["classes", { messageClasses: ["IPM.Note", "ipm.task*"] }, { messageClasses: ["IPM.Task*", "ipm.note"] }],
    ["the order of lists", { senders: ["a@x.y", "B@x.y"] }, { senders: ["b@x.y", "A@x.y", "a@x.y"] }],
  ])("is the same whatever %s are written like", (_, one, other) => expect(scope(one)).toBe(scope(other)));

  it("is another with every field", () => {
    const filters = [
      { receivedFrom: "2026-01-01" },
      { receivedTo: "2026-01-01" },
      { olderThanDays: 1 },
      { read: "read" },
      { read: "unread" },
      { hasAttachments: "yes" },
      { hasAttachments: "no" },
      { minSize: 1 },
      { maxSize: 1 },
      { senders: ["a@x.y"] },
      { categories: ["a@x.y"] },
      { flag: "flagged" },
      { flag: "notFlagged" },
      { messageClasses: ["normal"] },
      { sensitivity: ["normal"] },
      { sensitivityLabels: ["none"] },
    ];
    expect(new Set(filters.map(scope)).size).toBe(filters.length);
  });
});

it("asks the same as before there was more to ask: cursors and dry runs stay good", () => {
  const before = {
    receivedFrom: null,
    receivedTo: null,
    olderThanDays: 30,
    read: "any",
    hasAttachments: "any",
  } as const;
  const kept = { ...before, minSize: null, maxSize: null, senders: [], categories: [] };
  expect(scopeOf(kept)).toBe("ffdba5dfdc85412b");
  expect(scopeOf(MessageFilter.parse(kept))).toBe(scopeOf(kept));
  const rule = { mode: "afterArchive", olderThanDays: 90, action: "delete" };
  const profile = ProfileInput.parse({ name: "x", mailboxes: { mode: "all" }, filter: kept, deletion: rule });
  expect(ruleHash({ ...profile, filter: kept as never })).toBe(ruleHash(profile));
});
