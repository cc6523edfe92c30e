// A mailbox that misbehaves in every way Graph does: nothing is lost, nothing is called complete that is not.
import { describe, expect, it } from "vitest";
import { minute } from "../../lib/core/time.js";
import type { FaultRule } from "../../lib/local/tenant/faults.js";
import { silentLog } from "../../lib/ports/log.js";
import { aWorld, byId, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const value = "GET /users/{user}/messages/{message}/$value";
const facts = "GET /users/{user}/messages/{message}";
const delta = "GET /users/{user}/mailFolders/{folder}/messages/delta";
const list = "GET /users/{user}/mailFolders/{folder}/messages";
const page = (world: World, rules: FaultRule[]) => world.tenant.faults.set({ rules });

async function expectWhole(world: World): Promise<void> {
  const { id } = world.mailbox();
  const { stored } = await readBack(world.edges.blobs, id);
  expect(stored.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(id));
}

describe("faults that pass leave no trace", () => {
  const passing: { name: string; rules: FaultRule[] }[] = [
    { name: "503 now and then", rules: [{ route: value, rate: 0.2, do: { kind: "unavailable", body: "html" } }] },
    { name: "empty 503", rules: [{ rate: 0.1, do: { kind: "unavailable", body: "empty" } }] },
    { name: "504", rules: [{ route: value, rate: 0.2, do: { kind: "gateway-timeout" } }] },
    { name: "429 with Retry-After", rules: [{ every: 7, do: { kind: "throttled", retryAfterSeconds: 3 } }] },
    { name: "429 without", rules: [{ every: 9, do: { kind: "throttled" } }] },
    { name: "bodies cut half way", rules: [{ route: value, rate: 0.25, do: { kind: "cut" } }] },
    { name: "sockets reset", rules: [{ rate: 0.1, do: { kind: "reset" } }] },
    { name: "truncated JSON on 200", rules: [{ route: delta, every: 5, do: { kind: "truncated-json" } }] },
    { name: "one 401", rules: [{ nth: 9, do: { kind: "unauthenticated" } }] },
    {
      name: "a dead link in the first round",
      rules: [{ route: delta, withToken: true, nth: 1, do: { kind: "resync", shape: "gone" } as never }],
    },
  ];
  it.each(passing)("$name", async ({ rules }) => {
    await using world = await aWorld({ tenant: { messagesPerMailbox: 25 } });
    page(world, rules);
    const profile = await world.profile();
    const run = await world.run(profile);
    expect(run).toMatchObject({ status: "succeeded", tally: { quarantined: 0 } });
    await expectWhole(world);
    page(world, []);
    expect((await world.run(profile)).status).toBe("noChanges");
  });
});

describe("a message that cannot be had", () => {
  it("is quarantined, named, tried again by later runs, and archived once it heals", async () => {
    await using world = await aWorld();
    const { id } = world.mailbox();
    const [bad] = world.wanted(id);
    page(world, [{ route: value, message: bad?.id ?? "", do: { kind: "corrupt" } }]);
    const profile = await world.profile();
    const first = await world.run(profile);
    expect(first).toMatchObject({ status: "succeededWithGaps", tally: { quarantined: 1 } });
    expect(await world.app.mailboxes.quarantine(id)).toMatchObject([
      { id: bad?.id, reason: "ErrorCorruptData", attempts: 1 },
    ]);
    const second = await world.run(profile);
    expect(second).toMatchObject({ status: "succeededWithGaps", tally: { quarantined: 1, stored: 0 } });
    page(world, []);
    const third = await world.run(profile);
    expect(third).toMatchObject({ status: "succeeded", tally: { quarantined: 0, stored: 1 } });
    expect(await world.app.mailboxes.quarantine(id)).toEqual([]);
    await expectWhole(world);
    expect((await world.run(profile)).status).toBe("noChanges");
  });

  it("leaves the quarantine when it leaves the mailbox", async () => {
    await using world = await aWorld();
    const { id } = world.mailbox();
    const [bad] = world.wanted(id);
    page(world, [{ route: value, message: bad?.id ?? "", do: { kind: "corrupt" } }]);
    const profile = await world.profile();
    await world.run(profile);
    world.tenant.mailboxes.purge(id, bad?.id ?? "");
    const second = await world.run(profile);
    expect(second).toMatchObject({ status: "succeeded", tally: { gone: 1, quarantined: 0 } });
    expect(await world.app.mailboxes.quarantine(id)).toEqual([]);
  });

  it("is written down as gone when it vanishes between listing and fetching", async () => {
    await using world = await aWorld();
    const { id } = world.mailbox();
    const [short] = world.wanted(id);
    page(world, [{ route: [value, facts], message: short?.id ?? "", do: { kind: "gone" } }]);
    const run = await world.run(await world.profile());
    expect(run).toMatchObject({ status: "succeeded", tally: { gone: 1, quarantined: 0 } });
  });

  it("is owed another try when only its bytes are said to be gone", async () => {
    await using world = await aWorld();
    const { id } = world.mailbox();
    const [there] = world.wanted(id);
    page(world, [{ route: value, message: there?.id ?? "", do: { kind: "gone" } }]);
    const profile = await world.profile();
    expect(await world.run(profile)).toMatchObject({ status: "succeededWithGaps", tally: { gone: 0, quarantined: 1 } });
    page(world, []);
    expect((await world.run(profile)).status).toBe("succeeded");
    await expectWhole(world);
  });
});

describe("a mailbox that cannot be had", () => {
  it("without the right to read it fails with the reason", async () => {
    await using world = await aWorld();
    page(world, [{ mailbox: world.mailbox().id, do: { kind: "forbidden" } }]);
    const run = await world.run(await world.profile());
    expect(run.status).toBe("failed");
    const part = (await world.parts(run.id)).find(({ mailbox }) => mailbox === world.mailbox().id);
    expect(part).toMatchObject({ status: "failed", reason: "ErrorAccessDenied", coverage: { complete: false } });
  });

  it("that asks for an hour's pause is left alone for an hour, then read to the end", async () => {
    await using world = await aWorld();
    const { id } = world.mailbox();
    const profile = await world.profile();
    await world.app.mailboxes.sync();
    page(world, [{ mailbox: id, route: value, nth: 5, do: { kind: "throttled", retryAfterSeconds: 3600 } }]);
    const before = world.clock.now().getTime();
    const run = await world.run(profile);
    expect(run.status).toBe("succeeded");
    expect(world.clock.now().getTime() - before).toBeGreaterThanOrEqual(60 * minute);
    await expectWhole(world);
  });

  it("whose token is refused for a while, fresh ones too, is read to the end once it is not", async () => {
    await using world = await aWorld();
    const { id } = world.mailbox();
    const profile = await world.profile();
    await world.app.mailboxes.sync();
    page(world, [{ mailbox: id, route: [value, delta], first: 12, do: { kind: "unauthenticated" } }]);
    const { run } = await world.app.profiles.run(profile);
    for (let n = 0; n < 2; n++) await world.app.work(world.queue.receive() ?? "");
    const waiting = (await world.parts(run.id)).find(({ mailbox }) => mailbox === id);
    expect(waiting).toMatchObject({
      status: "running",
      resumeAt: expect.any(String),
      problems: [{ code: "InvalidAuthenticationToken", message: expect.stringContaining("tried again") }],
    });
    await world.settle();
    expect((await world.parts(run.id)).find(({ mailbox }) => mailbox === id)).toMatchObject({
      status: "succeeded",
      problems: [],
    });
    await expectWhole(world);
  });

  it("is not blamed when the token is refused for all of them: that is one alarm of the connection", async () => {
    const alarms: unknown[] = [];
    const log = { ...silentLog, error: (event: string, fields?: object) => void alarms.push({ event, ...fields }) };
    await using world = await aWorld({ tenant: { mailboxes: 3, messagesPerMailbox: 1 }, log });
    await world.app.mailboxes.sync();
    const boxes = world.tenant.mailboxes.list().map(({ id }) => id);
    page(
      world,
      boxes.map((mailbox) => ({ mailbox, do: { kind: "unauthenticated" } })),
    );
    const run = await world.run(await world.profile());
    expect(run).toMatchObject({
      status: "failed",
      problems: [{ code: "TOKEN_REFUSED_EVERYWHERE", fix: expect.stringContaining("/connections/{id}/test") }],
    });
    expect(alarms).toMatchObject([{ event: "configuration alarm", run: run.id, reason: "TOKEN_REFUSED_EVERYWHERE" }]);
    page(world, [{ mailbox: boxes[0] ?? "", do: { kind: "unauthenticated" } }]);
    expect(await world.run(await world.profile())).toMatchObject({ status: "succeededWithGaps", problems: [] });
  });

  it("that is down for good fails after its tries, and the next run makes up for it", async () => {
    await using world = await aWorld();
    page(world, [{ mailbox: world.mailbox().id, do: { kind: "unavailable", body: "empty" } }]);
    const profile = await world.profile();
    const down = await world.run(profile);
    expect(down.status).toBe("failed");
    const part = (await world.parts(down.id)).find(({ mailbox }) => mailbox === world.mailbox().id);
    expect(part?.problems).toHaveLength(1);
    expect(part?.problems[0]?.message).not.toContain("tried again");
    page(world, []);
    expect((await world.run(profile)).status).toBe("succeeded");
    await expectWhole(world);
  });

  it("with one unreadable folder gives the others and names that one", async () => {
    await using world = await aWorld({ tenant: { messagesPerMailbox: 25 } });
    const { id } = world.mailbox();
    world.tenant.mailboxes.deliver(id, "sentitems", "Subject: sent\r\n\r\nbody\r\n");
    const sent = world.tenant.mailboxes.folders(id).find(({ wellKnown }) => wellKnown === "sentitems");
    page(world, [{ route: [delta, list], folder: sent?.id ?? "", do: { kind: "unavailable", body: "json" } }]);
    const profile = await world.profile();
    const run = await world.run(profile);
    expect(run.status).toBe("succeededWithGaps");
    const part = (await world.parts(run.id)).find(({ mailbox }) => mailbox === id);
    expect(part?.problems).toMatchObject([{ folderPath: "/Sent Items" }]);
    page(world, []);
    expect((await world.run(profile)).status).toBe("succeeded");
    await expectWhole(world);
  });
});

describe("folders", () => {
  const children = "GET /users/{user}/mailFolders/{folder}/childFolders";
  it.each([
    ["500", { kind: "unavailable", body: "json" }],
    ["403", { kind: "forbidden" }],
  ] as const)(
    "below one that cannot be opened (%s) are a gap; the others are archived, nothing is called removed",
    async (_, fault) => {
      await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
      const { id } = world.mailbox();
      for (const folder of ["inbox", "/Contracts", "/Inbox/Projects/Apollo"])
        world.tenant.mailboxes.deliver(id, folder, `Subject: ${folder}\r\n\r\nbody\r\n`);
      const profile = await world.profile();
      await world.run(profile);
      world.tenant.mailboxes.deliver(id, "/Contracts", "Subject: new\r\n\r\nbody\r\n");
      const projects = world.tenant.mailboxes.folders(id).find(({ path }) => path === "/Inbox/Projects");
      page(world, [{ route: children, folder: projects?.id ?? "", do: fault }]);
      const run = await world.run(profile);
      expect(run).toMatchObject({ status: "succeededWithGaps", removed: 0, tally: { stored: 1 } });
      const part = (await world.parts(run.id)).find(({ mailbox }) => mailbox === id);
      expect(part?.problems).toMatchObject([{ folderPath: "/Inbox/Projects" }]);
      page(world, []);
      expect((await world.run(profile)).status).toBe("noChanges");
      await expectWhole(world);
    },
  );

  it("that a profile names and the mailbox lacks are a gap, not an empty success", async () => {
    await using world = await aWorld();
    const run = await world.run(await world.profile({ folders: { include: ["/Inbxo"] } }));
    expect(run.status).toBe("succeededWithGaps");
    const part = (await world.parts(run.id)).find(({ mailbox }) => mailbox === world.mailbox().id);
    expect(part?.problems.map(({ code }) => code)).toEqual(["FOLDER_NOT_FOUND", "NO_FOLDER_CHOSEN"]);
    const named = { mode: "only", mailboxes: [world.mailbox().address] };
    const some = await world.profile({ mailboxes: named, folders: { include: ["/Inbox", "/Inbxo"] } });
    expect((await world.run(some)).status).toBe("succeededWithGaps");
  });

  it("deleted in the middle of a run take their mail with them and harm nothing else", async () => {
    await using world = await aWorld({ tenant: { messagesPerMailbox: 25 } });
    const { id } = world.mailbox();
    const target = world.tenant.mailboxes.folders(id).find(({ path }) => path === "/Contracts");
    page(world, [{ route: delta, folder: target?.id ?? "", nth: 1, do: { kind: "folder-vanishes" } }]);
    const profile = await world.profile();
    expect(["succeeded", "noChanges"]).toContain((await world.run(profile)).status);
    expect((await world.run(profile)).status).toBe("noChanges");
    await expectWhole(world);
  });

  it("deleted after they were archived: the mail stays in the archive and is marked as removed", async () => {
    await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
    const { id } = world.mailbox();
    world.tenant.mailboxes.deliver(id, "/Contracts", "Subject: kept\r\n\r\nbody\r\n");
    const profile = await world.profile();
    await world.run(profile);
    world.tenant.mailboxes.deleteFolder(id, "/Contracts");
    const run = await world.run(profile);
    expect(run).toMatchObject({ status: "succeeded", removed: 1 });
    const { records, stored } = await readBack(world.edges.blobs, id);
    expect(stored).toHaveLength(1);
    expect(records.at(-1)?.events.map(({ kind }) => kind)).toEqual(["removed", "folder"]);
    expect((await world.run(profile)).status).toBe("noChanges");
  });

  it("renamed give their mail the new path without a download", async () => {
    await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
    const { id } = world.mailbox();
    world.tenant.mailboxes.deliver(id, "/Contracts", "Subject: kept\r\n\r\nbody\r\n");
    const profile = await world.profile();
    await world.run(profile);
    world.tenant.mailboxes.renameFolder(id, "/Contracts", "Old contracts");
    world.tenant.resetCounters();
    expect((await world.run(profile)).status).toBe("noChanges");
    const { records } = await readBack(world.edges.blobs, id);
    expect(records.at(-1)?.events).toMatchObject([{ kind: "folder", path: "/Old contracts" }]);
    expect(world.tenant.requests.filter(({ route }) => route === value)).toEqual([]);
  });
});
