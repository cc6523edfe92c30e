// What a deletion rule leaves in the mailbox, and the cause that it names.
import { describe, expect, it } from "vitest";
import { MailkeepError } from "../../lib/core/errors.js";
import { messageKey } from "../../lib/core/ids.js";
import { deliverOld, events, listed, longAgo, partOf, placeOf, plain, put, switchedOn } from "../build/a-deletion.js";
import { aWorld, type World } from "../build/a-world.js";

const empty = { tenant: { messagesPerMailbox: 0 } };
const key = (id: string) => messageKey(id as never);
const detail = (world: World, id: string) => world.app.messages.get(world.mailbox().id, key(id));

describe("nothing is deleted", () => {
  const untouched = async (world: World, ids: string[]) => {
    expect(ids.map((id) => placeOf(world, id))).toEqual(ids.map(() => "/Inbox"));
    expect(await events(world, "deleting")).toEqual([]);
    expect(world.tenant.requests.filter(({ method }) => method !== "GET" && method !== "POST")).toEqual([]);
  };

  it("before the grace days have passed", async () => {
    await using world = await aWorld(empty);
    deliverOld(world, 2);
    const { profile } = await switchedOn(world);
    const [late] = deliverOld(world, 1);
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ deleted: 2, notDeleted: { inGrace: 1 } });
    expect(placeOf(world, late as string)).toBe("/Inbox");
  });

  it("of a mailbox on hold, whichever hold it is", async () => {
    for (const holds of [
      { litigationHold: true },
      { inPlaceHolds: ["mbxabc:1"] },
      { complianceTagHold: true },
      { delayHold: true },
    ]) {
      await using world = await aWorld(empty);
      const ids = deliverOld(world, 2);
      const { profile } = await switchedOn(world);
      world.tenant.mailboxes.changePerson(world.mailbox().id, { holds } as never);
      const run = await world.run(profile);
      expect(run, JSON.stringify(holds)).toMatchObject({
        status: "noChanges",
        deletion: { notDeleted: { onHold: 2 } },
      });
      await untouched(world, ids);
    }
  });

  it("of a mailbox under a retention policy for the whole organisation, unless it is left out of it", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 2);
    const { profile } = await switchedOn(world);
    const policy = "mbx7cfb30345d454ac0a989ab3041051209";
    world.tenant.mailboxes.holdOrganization([`${policy}:2`, "grp1a0a132ee8944501a4bb6a452ec31171:3"]);
    const held = await world.run(profile);
    expect(held).toMatchObject({ status: "noChanges", deletion: { notDeleted: { onHold: 2 } } });
    await untouched(world, ids);
    world.tenant.mailboxes.hold(world.mailbox().id, { inPlaceHolds: [`-${policy}`] });
    expect(await world.run(profile)).toMatchObject({ deletion: { deleted: 2, notDeleted: {} } });
  });

  it("where the policies of the organisation cannot be read for now; without the right to, the run says so", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 2);
    const { profile } = await switchedOn(world);
    const route = "POST /adminapi/InvokeCommand Get-OrganizationConfig";
    world.tenant.faults.set({ rules: [{ route, do: { kind: "unavailable" } }] });
    const run = await world.run(profile);
    expect(run).toMatchObject({ status: "succeededWithGaps", deletion: { notDeleted: { holdUnknown: 2 } } });
    expect((await partOf(world, run.id))?.problems).toMatchObject([
      { code: "HOLD_UNKNOWN", message: expect.stringContaining("Get-OrganizationConfig") },
    ]);
    await untouched(world, ids);
    world.tenant.faults.set({ rules: [{ route, do: { kind: "forbidden" } }] });
    const bare = await world.run(profile);
    expect(bare.deletion).toMatchObject({ deleted: 2, notDeleted: {}, policiesUnread: true });
  });

  it("where Exchange does not say whether there is a hold", async () => {
    const { world, ids, profile } = await deaf();
    await using _ = world;
    const run = await world.run(profile);
    expect(run).toMatchObject({ status: "succeededWithGaps", deletion: { notDeleted: { holdUnknown: 2 } } });
    expect((await partOf(world, run.id))?.problems).toMatchObject([{ code: "HOLD_UNKNOWN" }]);
    await untouched(world, ids);
  });

  it("beyond the cap of the run, over all its mailboxes", async () => {
    await using world = await aWorld({ tenant: { messagesPerMailbox: 0, mailboxes: 2 } });
    deliverOld(world, 30);
    const second = world.mailbox(1).id;
    for (let n = 0; n < 30; n++)
      world.tenant.mailboxes.deliver(second, "inbox", { eml: plain(n), receivedAt: longAgo });
    const { profile, dry } = await switchedOn(world, { maxPerRun: 45 });
    expect(dry.deletion).toMatchObject({ wouldDelete: 45, notDeleted: { capSpent: 15 } });
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ candidates: 60, deleted: 45, notDeleted: { capSpent: 15 } });
    const next = await world.run(profile);
    expect(next.deletion).toMatchObject({ candidates: 15, deleted: 15 });
  });

  it("of what was flagged or moved out of the choice since it was archived; for an edited text the grace days begin anew", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 5) as [string, string, string, string, string];
    const { profile } = await switchedOn(world);
    const { id } = world.mailbox();
    world.tenant.mailboxes.flag(id, ids[0]);
    world.tenant.mailboxes.categorise(id, ids[1], ["Keep"]);
    world.tenant.mailboxes.editDraft(id, ids[2], plain(77).replace("plain 77", "m2"));
    world.tenant.mailboxes.move(id, ids[3], "junkemail");
    const run = await world.run(profile);
    expect(run.tally).toMatchObject({ stored: 3 }); // the edited one in its turn, the two marked ones when they were looked at
    expect(run.deletion).toMatchObject({ deleted: 1, notDeleted: { inGrace: 1, changed: 2 } });
    expect(placeOf(world, ids[4])).toBe("/Deletions");
    expect((await listed(world, run.id)).map(({ outcome, cause }) => [outcome, cause]).sort()).toEqual([
      ["deleted", null],
      ["kept", "changed"],
      ["kept", "changed"],
    ]);
  });

  it("that was brought back after we deleted it", async () => {
    await using world = await aWorld(empty);
    const [id] = deliverOld(world, 1) as [string];
    const { profile } = await switchedOn(world);
    await world.run(profile);
    world.tenant.mailboxes.move(world.mailbox().id, id, "inbox");
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ deleted: 0, notDeleted: { deletedBefore: 1 } });
    expect(placeOf(world, id)).toBe("/Inbox");
    expect(await detail(world, id)).toMatchObject({ removedAtSourceAt: null, removedAtSourceBy: null });
  });

  it("in a folder that could not be read", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 2);
    const { profile } = await switchedOn(world);
    const folder = world.tenant.mailboxes
      .folders(world.mailbox().id)
      .find(({ wellKnown }) => wellKnown === "inbox")?.id;
    const route = "GET /users/{user}/mailFolders/{folder}/messages/delta";
    world.tenant.faults.set({ rules: [{ route, folder: folder as string, do: { kind: "forbidden" } }] });
    const run = await world.run(profile);
    expect(run).toMatchObject({
      status: "succeededWithGaps",
      deletion: { deleted: 0, notDeleted: { folderNotRead: 2 } },
    });
    await untouched(world, ids);
  });

  it("once the rule was taken back", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 2);
    const { profile } = await switchedOn(world);
    const { run } = await world.app.profiles.run(profile);
    await put(world, profile, { dryRun: true });
    await world.settle();
    expect(await world.app.runs.get(run.id as never)).toMatchObject({ deletion: { notDeleted: { ruleChanged: 2 } } });
    await untouched(world, ids);
  });

  it("where Graph refuses, and only one is tried", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 30);
    const { profile } = await switchedOn(world);
    world.tenant.faults.set({
      rules: [{ route: "DELETE /users/{user}/messages/{message}", do: { kind: "forbidden" } }],
    });
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ deleted: 0, notDeleted: { refused: 30 } });
    expect((await partOf(world, run.id))?.problems).toMatchObject([{ code: "WRITER_RIGHT_MISSING" }]);
    expect(ids.map((id) => placeOf(world, id))).toEqual(ids.map(() => "/Inbox"));
    expect(await events(world, "kept")).toHaveLength(20);
  });

  /** Exchange's administration does not answer any more. */
  async function deaf() {
    let isDeaf = false;
    const world = await aWorld({
      ...empty,
      edges: (edges) => ({
        ...edges,
        exchange: {
          ...edges.exchange,
          holds: async (mailbox) => {
            if (isDeaf) throw new MailkeepError("forbidden", "no role in Exchange");
            return edges.exchange.holds(mailbox);
          },
        },
      }),
    });
    const ids = deliverOld(world, 2);
    const { profile } = await switchedOn(world);
    isDeaf = true;
    return { world, ids, profile };
  }
});
