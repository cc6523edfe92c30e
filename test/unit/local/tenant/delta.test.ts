import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { resyncShapes } from "../../../../lib/local/tenant/delta.js";
import { startTenant, type Tenant } from "../../../../lib/local/tenant/server.js";
import { type Ask, asking, eml, round } from "./ask.js";

let tenant: Tenant;
let ask: Ask;
let anna: string;
let clock: Date;
beforeAll(async () => {
  tenant = await startTenant({ mailboxes: 1, messagesPerMailbox: 0, now: () => clock });
  ask = asking(tenant);
  anna = tenant.mailboxes.list()[0]?.id ?? "";
});
afterAll(() => tenant.close());

let folder: string;
let other: string;
let start: string;
let folders = 0;
beforeEach(() => {
  clock = new Date("2026-11-01T00:00:00Z");
  tenant.faults.clear();
  folders++;
  folder = tenant.mailboxes.createFolder(anna, `Here ${folders}`);
  other = tenant.mailboxes.createFolder(anna, `There ${folders}`);
  start = `/users/${anna}/mailFolders/${folder}/messages/delta?$select=subject,isRead,changeKey`;
});

const deliver = (...subjects: string[]) =>
  subjects.map((subject) => tenant.mailboxes.deliver(anna, folder, eml(subject)));
const subjects = (items: Record<string, unknown>[]) => items.map((item) => item.subject);

/** What happens between two rounds, and what the second one tells. `a` and `b` are there from the start. */
interface Story {
  title: string;
  happens: (a: string, b: string) => void;
  present: string[];
  removed: ("a" | "b")[];
}
const stories: Story[] = [
  { title: "nothing happens", happens: () => {}, present: [], removed: [] },
  { title: "a message arrives", happens: () => deliver("c"), present: ["c"], removed: [] },
  {
    title: "a message is moved away",
    happens: (a) => tenant.mailboxes.move(anna, a, other),
    present: [],
    removed: ["a"],
  },
  { title: "a message is purged", happens: (a) => tenant.mailboxes.purge(anna, a), present: [], removed: ["a"] },
  { title: "a message is flagged", happens: (_, b) => tenant.mailboxes.flag(anna, b), present: ["b"], removed: [] },
  {
    title: "a draft is edited",
    happens: (a) => tenant.mailboxes.editDraft(anna, a, eml("a2")),
    present: ["a2"],
    removed: [],
  },
  {
    title: "a message is moved away and back",
    happens: (a) => {
      tenant.mailboxes.move(anna, a, other);
      tenant.mailboxes.move(anna, a, folder);
    },
    present: [],
    removed: ["a"],
  },
  {
    title: "a message arrives and leaves",
    happens: () => tenant.mailboxes.move(anna, deliver("c")[0] ?? "", other),
    present: [],
    removed: [],
  },
  {
    title: "several things happen to one message",
    happens: (a) => {
      tenant.mailboxes.flag(anna, a);
      tenant.mailboxes.categorise(anna, a, ["Blue"]);
      tenant.mailboxes.markRead(anna, a, true);
    },
    present: ["a"],
    removed: [],
  },
];

describe("a second round", () => {
  it.each(stories)("when $title", async ({ happens, present, removed }) => {
    const [a = "", b = ""] = deliver("a", "b");
    const first = await round(ask, start);
    expect(subjects(first.present)).toEqual(["a", "b"]);
    happens(a, b);
    const second = await round(ask, first.deltaLink);
    expect(subjects(second.present)).toEqual(present);
    // What came and went in between may be told as removed although nobody had heard of it.
    expect(second.removed.filter((id) => id === a || id === b)).toEqual(removed.map((name) => (name === "a" ? a : b)));
    const third = await round(ask, second.deltaLink);
    expect([third.present, third.removed]).toEqual([[], []]);
  });

  it("tells a moved message in its new folder under the same immutable id, with a new changeKey", async () => {
    const [a = ""] = deliver("a");
    const before = (await round(ask, start)).present[0];
    tenant.mailboxes.move(anna, a, other);
    const there = await round(ask, `/users/${anna}/mailFolders/${other}/messages/delta?$select=changeKey`);
    expect(there.present.map((item) => item.id)).toEqual([a]);
    expect(there.present[0]?.changeKey).not.toBe(before?.changeKey);
  });

  it("tells a change of the read state with few properties", async () => {
    const [a = ""] = deliver("a");
    const { deltaLink } = await round(ask, start);
    tenant.mailboxes.markRead(anna, a);
    const [item = {}] = (await round(ask, deltaLink)).present;
    expect(Object.keys(item).sort()).toEqual(["@odata.etag", "@odata.type", "changeKey", "id", "isRead"]);
    tenant.faults.set({ delta: { partialReadState: false } });
    expect(subjects((await round(ask, deltaLink)).present)).toEqual(["a"]);
  });

  it("can be told honestly that a message came back", async () => {
    tenant.faults.set({ delta: { awayAndBackIsRemoved: false } });
    const [a = ""] = deliver("a");
    const { deltaLink } = await round(ask, start);
    tenant.mailboxes.move(anna, a, other);
    tenant.mailboxes.move(anna, a, folder);
    const second = await round(ask, deltaLink);
    expect([subjects(second.present), second.removed]).toEqual([["a"], []]);
  });

  it("uses the movable ids without the preference; they change with a move", async () => {
    const [a = ""] = deliver("a");
    const movable = "odata.maxpagesize=5";
    const first = await round(ask, start, movable);
    const [old] = first.present.map((item) => item.id);
    expect(old).not.toBe(a);
    tenant.mailboxes.move(anna, a, other);
    expect((await round(ask, first.deltaLink, movable)).removed).toEqual([old]);
    expect((await ask(`/users/${anna}/messages/${old}`)).code).toBe("ErrorItemNotFound");
    expect((await ask(`/users/${anna}/messages/${a}`, { prefer: null })).json.id).not.toBe(old);
  });
});

describe("pages", () => {
  it("hold ten items unless the preference is sent with every call", async () => {
    deliver(...Array.from({ length: 25 }, (_, n) => `m${n}`));
    const first = await ask(start);
    expect(first.json.value).toHaveLength(10);
    const second = await ask(first.json["@odata.nextLink"], { prefer: "odata.maxpagesize=12" });
    expect(second.json.value).toHaveLength(12);
    const third = await ask(second.json["@odata.nextLink"]);
    expect(third.json.value).toHaveLength(3);
    expect(Object.keys(third.json)).toContain("@odata.deltaLink");
    expect(first.json["@odata.nextLink"].startsWith(`${tenant.baseUrl}/v1.0/users/`)).toBe(true);
  });

  it("remember the $select of the first call", async () => {
    deliver("a", "b", "c");
    const { present } = await round(ask, start.replace("subject,isRead,changeKey", "isRead"), "odata.maxpagesize=1");
    expect(present.map((item) => Object.keys(item))).toEqual(Array(3).fill(["@odata.etag", "id", "isRead"]));
  });

  it("leave what arrives during the round to the next one", async () => {
    deliver("a", "b", "c");
    const first = await ask(start, { prefer: "odata.maxpagesize=2" });
    deliver("d");
    const rest = await round(ask, first.json["@odata.nextLink"]);
    expect(subjects(rest.present)).toEqual(["c"]);
    expect(subjects((await round(ask, rest.deltaLink)).present)).toEqual(["d"]);
  });

  it("never tell a message that left during the first round without telling its removal", async () => {
    const [, b = "", c = ""] = deliver("a", "b", "c");
    const first = await ask(start, { prefer: "odata.maxpagesize=2" });
    tenant.mailboxes.purge(anna, b);
    tenant.mailboxes.purge(anna, c);
    const rest = await round(ask, first.json["@odata.nextLink"]);
    expect(rest.present).toEqual([]);
    expect((await round(ask, rest.deltaLink)).removed.sort()).toEqual([b, c].sort());
  });

  it("can be empty in the middle, and can repeat items", async () => {
    deliver("a", "b", "c", "d", "e");
    tenant.faults.set({ delta: { emptyEveryNthPage: 2 } });
    const gaps = await round(ask, start, "odata.maxpagesize=2");
    expect([subjects(gaps.present), gaps.pages]).toEqual([["a", "b", "c", "d", "e"], 5]);
    tenant.faults.clear();
    tenant.faults.set({ delta: { repeatItems: true } });
    const repeats = await round(ask, start, "odata.maxpagesize=2");
    expect(subjects(repeats.present)).toEqual(["a", "b", "b", "c", "d", "d", "e"]);
  });

  it("survive a long history", async () => {
    const [a = ""] = deliver("a", "b");
    const { deltaLink } = await round(ask, start);
    for (let n = 0; n < 500; n++) tenant.mailboxes.flag(anna, a, n % 2 === 0 ? "flagged" : "complete");
    deliver("c");
    const second = await round(ask, deltaLink);
    expect(subjects(second.present)).toEqual(["a", "c"]);
  });
});

describe("options of the first call", () => {
  it("filter by time, but still tell removals and read states", async () => {
    const [old = ""] = [
      tenant.mailboxes.deliver(anna, folder, { eml: eml("old"), receivedAt: new Date("2020-01-01") }),
    ];
    deliver("new");
    const first = await round(ask, `${start}&$filter=receivedDateTime ge 2026-01-01T00:00:00Z`);
    expect(subjects(first.present)).toEqual(["new"]);
    tenant.mailboxes.purge(anna, old);
    expect((await round(ask, first.deltaLink)).removed).toEqual([old]);
  });

  it("can ask for new messages only", async () => {
    const [a = ""] = deliver("a");
    const { deltaLink } = await round(ask, `${start}&changeType=created`);
    tenant.mailboxes.purge(anna, a);
    expect((await round(ask, deltaLink)).removed).toEqual([]);
  });

  it("refuse what delta does not know", async () => {
    expect((await ask(`${start}&$search=x`)).status).toBe(400);
    expect((await ask(`${start},nonsense`)).status).toBe(400);
    const search = tenant.mailboxes.folders(anna).find((one) => one.search)?.id;
    expect((await ask(`/users/${anna}/mailFolders/${search}/messages/delta`)).status).toBe(400);
  });
});

describe("dead tokens", () => {
  it.each(resyncShapes)("are refused as %s", async (resyncShape) => {
    deliver("a");
    const { deltaLink } = await round(ask, start);
    tenant.faults.set({ delta: { resyncShape } });
    tenant.mailboxes.expireDeltaTokens(anna, folder);
    const reply = await ask(deltaLink);
    const [status, code = ""] = resyncShape.split("-");
    expect(reply.status).toBe(Number(status));
    if (code === "location" || code === "empty") expect(reply.bytes).toHaveLength(0);
    else expect(reply.code).toBe(code);
    if (status === "410") expect(reply.headers.location).toMatch(/\/messages\/delta\?\$deltatoken=$/);
    expect(subjects((await round(ask, start)).present)).toEqual(["a"]);
  });

  it("leave other folders alone", async () => {
    const elsewhere = await round(ask, `/users/${anna}/mailFolders/${other}/messages/delta`);
    tenant.mailboxes.expireDeltaTokens(anna, folder);
    expect((await ask(elsewhere.deltaLink)).status).toBe(200);
  });

  it("die of age when a lifetime is set", async () => {
    tenant.faults.set({ delta: { tokenLifetimeMs: 1_000 } });
    const { deltaLink } = await round(ask, start);
    expect((await ask(deltaLink)).status).toBe(200);
    clock = new Date(clock.getTime() + 1_001);
    expect((await ask(deltaLink)).status).toBe(410);
  });

  it("are refused for another folder, and when they are none", async () => {
    const { deltaLink } = await round(ask, start);
    expect((await ask(deltaLink.replace(folder, other))).code).toBe("SyncStateInvalid");
    expect((await ask(`${start.split("?")[0]}?$deltatoken=rubbish`)).code).toBe("SyncStateInvalid");
  });

  it("say so when the folder is gone", async () => {
    const { deltaLink } = await round(ask, start);
    tenant.mailboxes.deleteFolder(anna, folder);
    expect((await ask(deltaLink)).code).toBe("ErrorSyncFolderNotFound");
  });
});
