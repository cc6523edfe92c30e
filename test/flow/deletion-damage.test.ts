// Whatever is wrong with the archive, by accident or by somebody's hand: of what it cannot prove, nothing is deleted.
import { describe, expect, it } from "vitest";
import { messageKey, shortHash } from "../../lib/core/ids.js";
import { deliverOld, events, listed, partOf, placeOf, plain, switchedOn } from "../build/a-deletion.js";
import { aWorld, type World } from "../build/a-world.js";

const count = 4;

async function ready() {
  const world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const ids = deliverOld(world, count);
  const { profile } = await switchedOn(world);
  return { world, ids, profile };
}

const nameOf = (world: World, part: string) => world.edges.blobs.names().filter((name) => name.includes(part));

/** One byte of the blob is another one. */
async function flip(world: World, name: string, share: number): Promise<void> {
  const bytes = Uint8Array.from((await world.edges.blobs.get(name)).bytes);
  const at = Math.min(bytes.length - 1, Math.floor(bytes.length * share));
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  world.edges.blobs.tamper(name, bytes);
}

async function row(
  world: World,
  id: string,
  kind: "t_" | "k_",
  change: Record<string, string | number>,
): Promise<void> {
  const mailbox = world.mailbox().id;
  const key = messageKey(id as never);
  for await (const { row, values } of world.edges.rows.scan("messages", mailbox, {
    from: kind,
    to: `${kind.slice(0, 1)}\``,
  }))
    if (kind === "t_" ? values.key === key : row === `k_${shortHash(id)}`)
      await world.edges.rows.upsert("messages", { partition: mailbox, row }, { ...values, ...change });
}

const stays = (world: World, ids: string[]) =>
  expect(ids.map((id) => placeOf(world, id))).toEqual(ids.map(() => "/Inbox"));

describe("a damaged pack", () => {
  it.each([0, 0.02, 0.3, 0.6, 0.9, 0.999])("keeps all its mail where it is (a byte flipped at %d)", async (share) => {
    const { world, ids, profile } = await ready();
    await using _ = world;
    await flip(world, nameOf(world, "/packs/")[0] as string, share);
    const run = await world.run(profile);
    expect(run).toMatchObject({
      status: "succeededWithGaps",
      deletion: { deleted: 0, notDeleted: { damaged: count } },
    });
    expect((await partOf(world, run.id))?.problems).toMatchObject([{ code: "ARCHIVE_DAMAGED" }]);
    expect(await listed(world, run.id)).toMatchObject(
      ids.map(() => ({ outcome: "kept", cause: "damaged", code: "pack-damaged" })),
    );
    stays(world, ids);
    expect(await events(world, "deleting")).toEqual([]);
  });

  it("that is gone keeps it too", async () => {
    const { world, ids, profile } = await ready();
    await using _ = world;
    world.edges.blobs.tamper(nameOf(world, "/packs/")[0] as string, undefined);
    expect(await world.run(profile)).toMatchObject({ deletion: { notDeleted: { damaged: count } } });
    stays(world, ids);
  });
});

describe("a damaged attachment", () => {
  it.each(["flipped", "gone"])("keeps the messages that need it (%s)", async (how) => {
    const { world, ids, profile } = await ready();
    await using _ = world;
    const [name] = nameOf(world, "attachments/") as [string];
    if (how === "gone") world.edges.blobs.tamper(name, undefined);
    else await flip(world, name, 0.5);
    const run = await world.run(profile);
    expect(run).toMatchObject({
      status: "succeededWithGaps",
      deletion: { deleted: count - 1, notDeleted: { damaged: 1 } },
    });
    const kept = (await listed(world, run.id)).filter(({ outcome }) => outcome === "kept");
    expect(kept).toMatchObject([{ code: how === "gone" ? "attachment-missing" : "attachment-damaged" }]);
    expect(ids.filter((id) => placeOf(world, id) === "/Inbox").map((id) => messageKey(id as never))).toEqual([
      kept[0]?.key,
    ]);
  });
});

describe("a ledger that was tampered with", () => {
  it.each([0.3, 0.7])("keeps everything (a byte flipped at %d)", async (share) => {
    const { world, ids, profile } = await ready();
    await using _ = world;
    await flip(world, nameOf(world, "/ledger/")[0] as string, share);
    await world.run(profile);
    stays(world, ids);
  });

  it("keeps everything when an older record was altered under a newer one", async () => {
    const { world, ids, profile } = await ready();
    await using _ = world;
    world.tenant.mailboxes.deliver(world.mailbox().id, "inbox", plain(50));
    await world.run(profile).then(() => undefined);
    const later = deliverOld(world, 1);
    expect(later).toHaveLength(1);
    expect(ids).toHaveLength(count);
    const gone = ids.filter((id) => placeOf(world, id) !== "/Inbox").length;
    await flip(world, nameOf(world, "/ledger/")[0] as string, 0.5);
    world.clock.advance(10 * 86_400_000);
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ deleted: 0 });
    stays(world, later);
    expect(ids.filter((id) => placeOf(world, id) !== "/Inbox")).toHaveLength(gone);
  });
});

describe("a catalog row that was tampered with", () => {
  it.each([
    ["another hash", { sha256: "0".repeat(64) }],
    ["another size", { size: 1 }],
    ["another pack", { pack: "00000001-0123456789abcdef.zip" }],
    ["another record", { seq: 9 }],
    ["an older time of arrival", { receivedAt: "2001-01-01T00:00:00Z" }],
    ["an older time of storing", { storedAt: "2001-01-01T00:00:00Z" }],
    ["another message's id", { id: "another" }],
  ])("leads to no deletion: %s", async (_name, change) => {
    const { world, ids, profile } = await ready();
    await using _ = world;
    const [forged] = ids as [string];
    await row(world, forged, "t_", change);
    const run = await world.run(profile);
    expect(run).toMatchObject({
      status: "succeededWithGaps",
      deletion: { deleted: count - 1, notDeleted: { damaged: 1 } },
    });
    expect(placeOf(world, forged)).toBe("/Inbox");
  });

  it("cannot make a young message old, or a fresh one out of grace", async () => {
    const { world, profile } = await ready();
    await using _ = world;
    const young = world.tenant.mailboxes.deliver(world.mailbox().id, "inbox", {
      eml: plain(60),
      receivedAt: world.clock.now(),
    });
    const [fresh] = deliverOld(world, 1) as [string];
    await world.run(profile);
    await row(world, young, "t_", { receivedAt: "2001-01-01T00:00:00Z", storedAt: "2001-01-01T00:00:00Z" });
    await row(world, fresh, "t_", { storedAt: "2001-01-01T00:00:00Z" });
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ deleted: 0, notDeleted: { damaged: 2 } });
    stays(world, [young, fresh]);
  });
});

it("a forged Message-ID deletes nothing but the message itself", async () => {
  const { world, ids, profile } = await ready();
  await using _ = world;
  const eml = "From: a@contoso.example\r\nMessage-ID: <same@contoso.example>\r\nSubject: one\r\n\r\nfirst\r\n";
  const twin = { eml: eml.replace("first", "second"), receivedAt: new Date("2025-01-01T00:00:00Z") };
  const late = world.tenant.mailboxes.deliver(world.mailbox().id, "inbox", twin);
  const run = await world.run(profile);
  expect(run.deletion).toMatchObject({ deleted: count, notDeleted: { inGrace: 1 } });
  expect(placeOf(world, late)).toBe("/Inbox");
  expect(ids.map((id) => placeOf(world, id))).toEqual(ids.map(() => "/Deletions"));
});

it("a message that changes between the look at it and the deletion stays", async () => {
  const { world, ids, profile } = await ready();
  await using _ = world;
  const [changed] = ids as [string];
  const strike = world.tenant.faults.strike.bind(world.tenant.faults);
  let looks = 0;
  // The moment after the first look, before the writer looks again.
  world.tenant.faults.set({ rules: [{ message: changed, do: { kind: "slow", ms: 0 } }] });
  world.tenant.faults.strike = (context) => {
    if (context.message?.includes(changed) && context.route === "GET /users/{user}/messages/{message}" && ++looks === 2)
      world.tenant.mailboxes.flag(world.mailbox().id, changed);
    return strike(context);
  };
  const run = await world.run(profile);
  expect(run.deletion).toMatchObject({ deleted: count - 1, notDeleted: { changed: 1 } });
  expect(placeOf(world, changed)).toBe("/Inbox");
  expect(await events(world, "kept")).toMatchObject([{ cause: "changed" }]);
});
