// The writer alone: what goes into which record, and how much may wait.
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../lib/adapters/memory/blob-store.js";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { type ArchiveWriter, openWriter } from "../../../lib/archive/writer.js";
import type { Known } from "../../../lib/catalog/known.js";
import { loadApplied, lookUp, nothingApplied } from "../../../lib/catalog/messages.js";
import { owedMessages } from "../../../lib/catalog/quarantine.js";
import { sha256 } from "../../../lib/core/digest.js";
import { type ImmutableId, messageKey } from "../../../lib/core/ids.js";
import { minute } from "../../../lib/core/time.js";
import type { Unplaced } from "../../../lib/pack/manifest.js";
import { packLimits } from "../../../lib/pack/writer.js";
import type { BlobStore } from "../../../lib/ports/blob-store.js";
import { box, now, runId } from "../runs/a-run.js";

const skeleton = Buffer.from("Subject: x\r\n\r\nbody\r\n");

function aMessage(id: string, change: Partial<Unplaced> = {}): Unplaced {
  const version = change.version ?? 1;
  return {
    key: messageKey(id as ImmutableId, version),
    id,
    version,
    folderId: "inbox",
    folderPath: "/Inbox",
    receivedAt: "2026-03-01T07:00:00Z",
    subject: "x",
    changeKey: `change-${version}`,
    size: skeleton.length,
    sha256: sha256(skeleton),
    fidelity: "mime",
    cuts: [],
    ...change,
  };
}

async function aWriter(
  blobsOf: (blobs: BlobStore) => BlobStore = (blobs) => blobs,
  takenOver = () => {},
  after?: Promise<void>,
) {
  const rows = memoryRowStore();
  const blobs = memoryBlobStore();
  const clock = stoppedClock(now);
  const failures: unknown[] = [];
  const records: number[] = [];
  const open = async (): Promise<ArchiveWriter> =>
    openWriter(
      await loadApplied(rows, box),
      { mailbox: box, run: runId, owed: new Map(), assertOurs: () => takenOver() },
      { blobs: blobsOf(blobs), rows, clock, packBytes: () => packLimits.targetBytes, expected: 0 },
      {
        onCommit: ({ record }) => void records.push(record?.seq ?? 0),
        onFailure: (error) => void failures.push(error),
        ...(after && { after }),
      },
    );
  return { rows, blobs, clock, failures, records, open };
}

async function isEmpty(blobs: BlobStore): Promise<boolean> {
  for await (const _ of blobs.list("")) return false;
  return true;
}

const id = "m1" as ImmutableId;
const moved = (known: Known, to: string) =>
  [
    { kind: "moved", key: known.key, receivedAt: known.receivedAt, from: known.folderId, to, toPath: `/${to}` },
  ] as const;

describe("the catalog after a commit is what the writer said before it", () => {
  it("when new content comes after a move", async () => {
    const { rows, open } = await aWriter();
    const first = await open();
    await first.store(aMessage("m1"), skeleton);
    await first.flush();
    const writer = await open();
    const known = (await writer.lookUp(id)) as Known;
    await writer.note([...moved(known, "archive")], { id, known });
    await writer.store(aMessage("m1", { version: 2, folderId: "projects" }), skeleton);
    const said = await writer.lookUp(id);
    await writer.flush();
    expect(await lookUp(rows, box, id)).toEqual(said);
    expect(said).toMatchObject({ version: 2, folderId: "projects", changeKey: "change-2" });
  });

  it("when a move comes after new content", async () => {
    const { rows, open } = await aWriter();
    const writer = await open();
    await writer.store(aMessage("m1"), skeleton);
    const known = (await writer.lookUp(id)) as Known;
    await writer.note([...moved(known, "archive")], { id, known });
    const said = await writer.lookUp(id);
    await writer.flush();
    expect(await lookUp(rows, box, id)).toEqual(said);
    expect(said?.folderId).toBe("archive");
  });
});

it("keeps owed what was quarantined after an earlier content was stored", async () => {
  const { rows, open } = await aWriter();
  const writer = await open();
  await writer.store(aMessage("m1"), skeleton);
  const at = now.toISOString();
  await writer.note([{ kind: "quarantined", id, folderId: "inbox", reason: "ErrorCorruptData", attempts: 1, at }]);
  await writer.flush();
  const owed = [];
  for await (const message of owedMessages(rows, box)) owed.push(message.id);
  expect(owed).toEqual([id]);
});

it("releases what was stored after it was quarantined", async () => {
  const { rows, open } = await aWriter();
  const writer = await open();
  const at = now.toISOString();
  await writer.note([{ kind: "quarantined", id, folderId: "inbox", reason: "ErrorCorruptData", attempts: 1, at }]);
  await writer.store(aMessage("m1"), skeleton);
  await writer.flush();
  expect(rows.count("quarantine")).toBe(0);
});

/** Ledger records are written when told to. */
function heldBack(blobs: BlobStore) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow: BlobStore = {
    ...blobs,
    async putIfAbsent(name, body, options) {
      if (name.includes("/ledger/")) await promise;
      return blobs.putIfAbsent(name, body, options);
    },
  };
  return { slow, letGo: resolve };
}

describe("while the storage is slow", () => {
  it("lets one batch be committed and one wait, and no more", async () => {
    let letGo = () => {};
    const { clock, records, open } = await aWriter((blobs) => {
      const held = heldBack(blobs);
      letGo = held.letGo;
      return held.slow;
    });
    const writer = await open();
    // Every batch is old, and so full, as soon as its second message comes.
    const names = Array.from({ length: 30 }, (_, n) => `m${n}`);
    const lane = async () => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        clock.advance(minute);
        await writer.store(aMessage(name), skeleton);
      }
    };
    const storing = [lane(), lane()];
    for (let round = 0; round < 100; round++) await setImmediate();
    expect(records).toEqual([]);
    expect(writer.waiting()).toBeLessThanOrEqual(8);
    letGo();
    await Promise.all(storing);
    await writer.flush();
    expect(records.length).toBeGreaterThan(5);
    expect(writer.waiting()).toBe(0);
  });
});

it("tells whoever stores next that a commit failed, and commits nothing after it", async () => {
  const { clock, failures, records, open } = await aWriter((blobs) => ({
    ...blobs,
    putIfAbsent: async () => Promise.reject(new Error("no storage")),
  }));
  const writer = await open();
  const stores: Promise<void>[] = [];
  for (let n = 0; n < 8; n++) {
    clock.advance(minute);
    stores.push(writer.store(aMessage(`m${n}`), skeleton).catch(() => {}));
  }
  await Promise.all(stores);
  await expect(writer.flush()).rejects.toThrow("no storage");
  await expect(writer.flush()).rejects.toThrow("no storage");
  expect(failures[0]).toMatchObject({ message: "no storage" });
  expect(records).toEqual([]);
});

it("takes a message that cannot be packed for not stored, and commits the others", async () => {
  const { rows, blobs, open } = await aWriter();
  const writer = await open();
  const bad = expect(writer.store(aMessage("bad", { size: -1 }), skeleton)).rejects.toMatchObject({ code: "invalid" });
  await writer.store(aMessage("m1"), skeleton);
  await bad;
  expect(await writer.lookUp("bad" as ImmutableId)).toBeUndefined();
  await writer.flush();
  expect(await lookUp(rows, box, id)).toMatchObject({ version: 1 });
  expect(blobs.names()).toHaveLength(2);
});

it("commits nothing when the only message cannot be packed", async () => {
  const { blobs, open } = await aWriter();
  const writer = await open();
  const bad = expect(writer.store(aMessage("bad", { size: -1 }), skeleton)).rejects.toMatchObject({ code: "invalid" });
  await Promise.resolve();
  await writer.flush();
  await bad;
  expect(blobs.names()).toEqual([]);
});

it("commits nothing when what it is to wait for fails, and says so", async () => {
  const saving = Promise.reject(new Error("not saved"));
  // As whoever saves does: the writer hears of it with its first commit only.
  saving.catch(() => {});
  const { blobs, records, failures, open } = await aWriter(undefined, undefined, saving);
  const writer = await open();
  await writer.store(aMessage("m1"), skeleton);
  await expect(writer.flush()).rejects.toThrow("not saved");
  expect([records, failures.length, await isEmpty(blobs)]).toEqual([[], 1, true]);
});

it("commits nothing for a batch without anything in it", async () => {
  const { blobs, rows, open } = await aWriter();
  const writer = await open();
  await writer.flush();
  writer.mark({ profile: "p", folderId: "inbox", link: "l", kind: "delta" }, 3, []);
  await writer.flush();
  expect(blobs.names()).toEqual([]);
  expect(rows.count("cursors")).toBe(1);
  expect(await loadApplied(rows, box)).toEqual(nothingApplied);
});

it("writes nothing at all once another worker has taken over", async () => {
  const { blobs, rows, open } = await aWriter(undefined, () => {
    throw new Error("taken over");
  });
  const writer = await open();
  await writer.store(aMessage("m1"), skeleton);
  writer.mark({ profile: "p", folderId: "inbox", link: "l", kind: "delta" }, 0, []);
  await expect(writer.flush()).rejects.toThrow("taken over");
  expect([blobs.names(), rows.dump()]).toEqual([[], {}]);
});

it("writes no rows for a record once another worker may have taken over", async () => {
  let ours = true;
  const assertOurs = () => {
    if (!ours) throw new Error("taken over");
  };
  const losing = (blobs: BlobStore): BlobStore => ({
    ...blobs,
    async putIfAbsent(name, body, options) {
      const wrote = await blobs.putIfAbsent(name, body, options);
      ours = !name.includes("/ledger/");
      return wrote;
    },
  });
  const { rows, open } = await aWriter(losing, assertOurs);
  const writer = await open();
  await writer.store(aMessage("m1"), skeleton);
  await expect(writer.flush()).rejects.toThrow("taken over");
  expect(rows.dump()).toEqual({});
});
