// Attachment blobs: each content once in the whole archive, written before any message that refers to it is committed.
import type { Sha256 } from "../core/digest.js";
import { attachmentPath } from "../ledger/record.js";
import { encodeAttachment } from "../pack/attachment.js";
import type { SplitCut } from "../pack/split.js";
import type { BlobStore } from "../ports/blob-store.js";

/** A hash takes about 100 bytes here: 10 MB at the most for one process. */
const rememberedHashes = 100_000;
const contentType = "application/octet-stream";

export interface AttachmentStore {
  /** Resolves when the content is in the archive, whoever put it there. */
  put(cut: SplitCut): Promise<void>;
}

/** One for a whole process: what any mailbox has stored, no other stores again. */
export function attachmentStore(blobs: BlobStore): AttachmentStore {
  const present = new Set<Sha256>();
  const onTheWay = new Map<Sha256, Promise<void>>();

  async function store({ cut, bytes, content }: SplitCut): Promise<void> {
    const name = attachmentPath(cut.sha256);
    if (bytes === undefined) await blobs.putStreamIfAbsent(name, content(), { contentType });
    else {
      const encoded = await encodeAttachment(bytes);
      await blobs.putIfAbsent(name, encoded.bytes, {
        contentType,
        ...(encoded.contentEncoding && { contentEncoding: encoded.contentEncoding }),
      });
    }
    if (present.size >= rememberedHashes) for (const oldest of present) if (present.delete(oldest)) break;
    present.add(cut.sha256);
  }

  return {
    async put(part) {
      const { sha256 } = part.cut;
      if (present.has(sha256)) return;
      const started = onTheWay.get(sha256) ?? store(part).finally(() => onTheWay.delete(sha256));
      onTheWay.set(sha256, started);
      await started;
    },
  };
}
