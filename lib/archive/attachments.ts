// Attachment blobs: each content once in the whole archive, written before any message that refers to it is committed.
import { loadSweep, rescueAttachment, type Sweep } from "../catalog/sweep.js";
import type { Sha256 } from "../core/digest.js";
import type { Clock } from "../core/time.js";
import { attachmentPath } from "../ledger/record.js";
import { contentInMemory, encodeAttachment, encodeAttachmentStream, measuredBytes } from "../pack/attachment.js";
import type { SplitCut } from "../pack/split.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { RowStore } from "../ports/row-store.js";

/** A hash takes about 100 bytes here: 10 MB at the most for one process. */
const rememberedHashes = 100_000;
const options = { contentType: "application/octet-stream", seldomRead: true } as const;

export interface AttachmentStore {
  /** To be called under each claim before anything is put: learns whether a sweep is about to remove attachments. */
  refresh(): Promise<void>;
  /** Resolves when the content is in the archive, whoever put it there, and no sweep will take it away. */
  put(cut: SplitCut): Promise<void>;
}

export interface AttachmentDeps {
  blobs: BlobStore;
  rows: RowStore;
  clock: Clock;
}

/** One for a whole process: what any mailbox has stored, no other stores again. */
export function attachmentStore({ blobs, rows, clock }: AttachmentDeps): AttachmentStore {
  const present = new Set<Sha256>();
  const onTheWay = new Map<Sha256, Promise<void>>();
  /** Of those the sweep has nothing to say about, or no more; asked anew by each claim. */
  const cleared = new Set<Sha256>();
  let sweep: Sweep | undefined;
  let isLive = false;

  async function store(part: SplitCut): Promise<void> {
    const { cut } = part;
    const name = attachmentPath(cut.sha256);
    if (cut.size <= measuredBytes) {
      const { bytes, ...how } = await encodeAttachment(await contentInMemory(part));
      await blobs.putIfAbsent(name, bytes, { ...options, ...how });
    } else if (!(await blobs.exists(name))) {
      // One question is cheaper than megabytes compressed in vain.
      const { body, ...how } = await encodeAttachmentStream(part);
      await blobs.putStreamIfAbsent(name, body, { ...options, ...how });
    }
    if (present.size >= rememberedHashes) for (const oldest of present) if (present.delete(oldest)) break;
    present.add(cut.sha256);
  }

  async function keepFromSweep(sha256: Sha256): Promise<void> {
    if (sweep === undefined || !isLive || cleared.has(sha256)) return;
    if ((await rescueAttachment(rows, sweep.plan, sha256)) === "absent") present.delete(sha256);
    cleared.add(sha256);
  }

  return {
    async refresh() {
      const now = await loadSweep(rows);
      const live = now !== undefined && clock.now().getTime() < now.liveUntil;
      // A plan has begun or ended: what this process has seen present may have gone, or go.
      if (now?.epoch !== sweep?.epoch || live !== isLive) present.clear();
      cleared.clear();
      [sweep, isLive] = [now, live];
    },
    async put(part) {
      const { sha256 } = part.cut;
      await keepFromSweep(sha256);
      if (present.has(sha256)) return;
      const started = onTheWay.get(sha256) ?? store(part).finally(() => onTheWay.delete(sha256));
      onTheWay.set(sha256, started);
      await started;
    },
  };
}
