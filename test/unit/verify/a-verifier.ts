// A small archive of every kind of object, and a worker that verifies it with the real parts.
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { memoryWorkQueue } from "../../../lib/adapters/memory/work-queue.js";
import { bringUpToDate } from "../../../lib/catalog/replay.js";
import { sha256 } from "../../../lib/core/digest.js";
import { appendRecord } from "../../../lib/ledger/journal.js";
import { packName, packPath } from "../../../lib/ledger/record.js";
import { openPack } from "../../../lib/pack/writer.js";
import type { BlobStore } from "../../../lib/ports/blob-store.js";
import { silentLog } from "../../../lib/ports/log.js";
import type { RowStore } from "../../../lib/ports/row-store.js";
import { requestVerification, startVerification, type Wish } from "../../../lib/verify/request.js";
import { verifyMailbox } from "../../../lib/verify/verify-mailbox.js";
import { showVerification, type VerificationView } from "../../../lib/verify/view.js";
import { WorkItem } from "../../../lib/work/item.js";
import { type AnArchive, anArchive, keyOf } from "../../build/an-archive.js";
import { repeatableRandom } from "../../build/repeatable-random.js";
import { aMail, seeded } from "../pack/seeded.js";

/** Four records: messages with attachments, one without, a record without a pack, an edited message. */
export async function aStoredArchive(): Promise<AnArchive> {
  const archive = anArchive();
  const random = seeded(7);
  const logo = random.bytes(6_000);
  const text = Buffer.alloc(9_000, "a text that shrinks ");
  await archive.commit({
    stored: [
      { id: "a", raw: aMail(random, [logo, text]), subject: "first" },
      { id: "b", raw: aMail(random, [logo]), subject: "second \ud83d", receivedAt: "2026-03-01T11:00:00Z" },
      { id: "c", raw: aMail(random, []) },
    ],
    events: [{ kind: "folder", folderId: "inbox", path: "/Inbox" }],
  });
  await archive.commit({ stored: [{ id: "d", raw: aMail(random, [random.bytes(5_000)]) }] });
  await archive.commit({ events: [{ kind: "folder", folderId: "sent", path: "/Sent" }] });
  await archive.commit({
    stored: [
      { id: "a", version: 2, raw: aMail(random, [logo]) },
      { id: "e", raw: aMail(random, []) },
    ],
  });
  return archive;
}

export interface Ports {
  blobs: BlobStore;
  rows: RowStore;
}
type Deps = Parameters<typeof requestVerification>[2] & { budgetMs: number };

export interface AVerifier {
  deps: Deps;
  /** Requests a verification and works until nothing waits. `onFault` hears what work items throw. */
  verify(wish?: Partial<Wish>, onFault?: (error: unknown) => void): Promise<VerificationView>;
  work(item: string): Promise<void>;
  settle(onFault?: (error: unknown) => void): Promise<number>;
  clock: ReturnType<typeof stoppedClock>;
  queue: ReturnType<typeof memoryWorkQueue>;
}

/** Record, Merkle root, pack and manifest agree with each other; only the bytes are not those whose hash they hold. */
export async function aLyingArchive(): Promise<AnArchive> {
  const archive = anArchive();
  const { mailbox, blobs } = archive;
  const raw = Buffer.from("Subject: forged\r\n\r\nforged\r\n");
  const pack = openPack();
  const facts = { id: "a", version: 1, folderId: "inbox", folderPath: "/Inbox", fidelity: "mime" as const };
  const told = { ...facts, key: keyOf("a"), receivedAt: "2026-03-01T10:00:00Z", size: raw.length, cuts: [] };
  await pack.add({ ...told, sha256: sha256(Buffer.from("the true message")) }, raw);
  const { bytes, sha256: hash, merkleRoot, stored } = await pack.seal();
  const name = packName(1, hash);
  await blobs.putIfAbsent(packPath(mailbox, name), bytes, { contentType: "x/zip" });
  await appendRecord(blobs, {
    format: "mailkeep-ledger",
    formatVersion: 1,
    mailbox,
    seq: 1,
    previous: null,
    pack: { name, sha256: hash, size: bytes.length, merkleRoot },
    stored,
    events: [],
    cursors: [],
    run: "r_test",
    time: "2026-03-02T00:00:00.000Z",
    program: "test",
  });
  await bringUpToDate(mailbox, archive);
  return archive;
}

let verifiers = 0;

export function aVerifier(
  { blobs, rows }: Ports,
  budgetMs = 60_000,
  edges: (deps: Deps) => Deps = (deps) => deps,
): AVerifier {
  const clock = stoppedClock(new Date("2026-04-01T00:00:00Z"));
  const queue = memoryWorkQueue(clock);
  const healthy: Deps = {
    blobs,
    rows,
    queue,
    clock,
    random: repeatableRandom(`verify ${++verifiers}`),
    log: silentLog,
    budgetMs,
  };
  const deps = edges(healthy);
  async function work(text: string): Promise<void> {
    const item = WorkItem.parse(JSON.parse(text));
    if (item.kind !== "verify") throw new Error("not mine");
    const { mailbox, verification } = item;
    await (mailbox === undefined
      ? startVerification(verification, deps)
      : verifyMailbox({ mailbox, verification }, deps));
  }
  /** An item that fails is seen again a minute later, as a storage queue gives it. */
  async function settle(onFault: (error: unknown) => void = raise): Promise<number> {
    let worked = 0;
    for (let [next] = queue.items(); next !== undefined; [next] = queue.items()) {
      clock.advance(Math.max(0, next.visibleAt.getTime() - clock.now().getTime()));
      const item = queue.receive() ?? "";
      worked++;
      try {
        await work(item);
      } catch (error) {
        onFault(error);
        await queue.send(item, { delayMs: 60_000 });
      }
    }
    return worked;
  }
  return {
    deps,
    clock,
    queue,
    work,
    settle,
    async verify(wish = {}, onFault) {
      const { id } = await requestVerification({ depth: "full", ...wish }, "manual", deps);
      await settle(onFault);
      return showVerification(id, rows);
    },
  };
}

function raise(error: unknown): never {
  throw error;
}
