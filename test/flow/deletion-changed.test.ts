// Messages touched since they were archived: the same bytes go, others are archived as they are now.
import { describe, expect, it } from "vitest";
import { day } from "../../lib/core/time.js";
import { deliverOld, events, listed, longAgo, placeOf, plain, put, rule, switchedOn } from "../build/a-deletion.js";
import { aWorld, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const empty = { tenant: { messagesPerMailbox: 0 } };

describe("read or moved since, and the same bytes", () => {
  it("is still what was archived", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 2) as [string, string];
    const { profile } = await switchedOn(world);
    world.tenant.mailboxes.markRead(world.mailbox().id, ids[0], false);
    world.tenant.mailboxes.move(world.mailbox().id, ids[1], "archive");
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ deleted: 2, notDeleted: {} });
  });

  it("is so as well when Graph told of the change without its new key", async () => {
    await using world = await aWorld(empty);
    world.tenant.faults.set({ delta: { partialChangeKey: false } });
    const [id] = deliverOld(world, 1) as [string];
    const { profile } = await switchedOn(world);
    world.tenant.mailboxes.markRead(world.mailbox().id, id, false);
    const run = await world.run(profile);
    expect(run).toMatchObject({ changed: 1, deletion: { deleted: 1, notDeleted: {} } });
  });
});

describe("what changed, or comes as other bytes, is archived as it is now", () => {
  /** Runs until the grace days of what was just archived have passed. */
  const afterGrace = async (world: World, profile: Parameters<World["run"]>[0]) => {
    world.clock.advance(6 * day);
    expect((await world.run(profile)).deletion).toMatchObject({ deleted: 0, notDeleted: { inGrace: 1 } });
    world.clock.advance(2 * day);
    return world.run(profile);
  };

  it.each([
    [
      "read, and rendered anew by Exchange",
      (world: World, id: string) => {
        world.tenant.faults.set({ rerenderMime: true });
        world.tenant.mailboxes.markRead(world.mailbox().id, id, false);
      },
    ],
    ["flagged", (world: World, id: string) => world.tenant.mailboxes.flag(world.mailbox().id, id)],
    ["categorised", (world: World, id: string) => world.tenant.mailboxes.categorise(world.mailbox().id, id, ["Keep"])],
  ])("%s: and goes when its grace days have passed again", async (_, act) => {
    await using world = await aWorld(empty);
    const eml = `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=boundary-one\r\n${plain(1).replace("\r\n\r\n", "\r\n\r\n--boundary-one\r\n\r\n")}--boundary-one--\r\n`;
    const id = world.tenant.mailboxes.deliver(world.mailbox().id, "inbox", { eml, receivedAt: longAgo, isRead: true });
    const { profile } = await switchedOn(world);
    act(world, id);
    const run = await world.run(profile);
    expect(run).toMatchObject({ status: "succeeded", problems: [], tally: { stored: 1 } });
    expect(run.deletion).toMatchObject({ deleted: 0, notDeleted: { changed: 1 } });
    expect(await listed(world, run.id)).toMatchObject([{ outcome: "kept", cause: "changed", code: "ARCHIVED_ANEW" }]);
    expect(placeOf(world, id)).toBe("/Inbox");
    const last = await afterGrace(world, profile);
    expect(last.deletion).toMatchObject({ deleted: 1, notDeleted: {} });
    const { records } = await readBack(world.edges.blobs, world.mailbox().id);
    const stored = records.flatMap((record) => record.stored);
    expect(stored.map(({ version }) => version)).toEqual([1, 2]);
    const [receipt] = await events(world, "deleted");
    expect(receipt).toMatchObject({ changeKey: stored[1]?.changeKey, sha256: stored[1]?.sha256 });
    const { id: check } = await world.app.verify.request({ depth: "full" });
    await world.settle();
    expect(await world.app.verify.get(check as never)).toMatchObject({ status: "succeeded", findings: { count: 0 } });
  });

  it("in a run of its own: without grace days, too, the next one deletes it", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 3) as [string, string, string];
    const { profile } = await switchedOn(world, { graceDays: 0 });
    world.tenant.mailboxes.flag(world.mailbox().id, ids[1]);
    const run = await world.run(profile);
    expect(run).toMatchObject({ problems: [], deletion: { candidates: 3, deleted: 2, notDeleted: { changed: 1 } } });
    world.tenant.mailboxes.hold(world.mailbox().id, { litigationHold: true });
    const held = await world.run(profile);
    expect(held.deletion, "the version before it is no message of its own").toMatchObject({
      notDeleted: { onHold: 1 },
    });
    world.tenant.mailboxes.hold(world.mailbox().id, { litigationHold: false });
    expect((await world.run(profile)).deletion).toMatchObject({ deleted: 1, notDeleted: {} });
  });

  it("unless the profile's filter does not choose it any more", async () => {
    await using world = await aWorld(empty);
    const [id] = deliverOld(world, 1) as [string];
    const deletion = { ...rule, dryRun: true };
    const profile = await world.profile({ deletion, filter: { flag: "notFlagged" } });
    await world.run(profile);
    world.clock.advance(8 * day);
    await world.run(profile);
    await put(world, profile);
    world.tenant.mailboxes.flag(world.mailbox().id, id);
    const run = await world.run(profile);
    expect(run).toMatchObject({ tally: { stored: 0 }, deletion: { deleted: 0, notDeleted: { notChosen: 1 } } });
  });

  it("when it can be had: until then it stays as it was", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 2) as [string, string];
    const { profile } = await switchedOn(world);
    for (const id of ids) world.tenant.mailboxes.flag(world.mailbox().id, id);
    const route = "GET /users/{user}/messages/{message}/$value";
    world.tenant.faults.set({ rules: [{ route, message: ids[0], do: { kind: "corrupt" } }] });
    const run = await world.run(profile);
    expect(run).toMatchObject({ tally: { stored: 1 }, deletion: { deleted: 0, notDeleted: { changed: 2 } } });
    expect((await listed(world, run.id)).map(({ code }) => code).sort()).toEqual(["ARCHIVED_ANEW", null]);
    world.tenant.faults.clear();
    expect(await world.run(profile)).toMatchObject({
      tally: { stored: 1 },
      deletion: { notDeleted: { changed: 1, inGrace: 1 } },
    });
  });
});
