// Exports in memory, under the same rules as the service.
import { checkBlobName } from "../../core/blob-limits.js";
import { checkBlock } from "../../core/block-limits.js";
import { MailkeepError } from "../../core/errors.js";
import type { ExportStore } from "../../ports/export-store.js";
import { type MemoryBlobStore, memoryBlobStore } from "./blob-store.js";

export interface MemoryExportStore extends ExportStore, MemoryBlobStore {
  /** How many blocks have been staged, again and again ones counted each time. */
  staged(): number;
}

export function memoryExportStore(): MemoryExportStore {
  const blobs = memoryBlobStore();
  const blocks = new Map<string, Uint8Array>();
  let staged = 0;
  const keyOf = (name: string, id: string) => `${name}\n${id}`;
  return {
    ...blobs,
    staged: () => staged,
    async stageBlock(name, id, bytes) {
      checkBlobName(name);
      checkBlock(id, bytes);
      blocks.set(keyOf(name, id), Uint8Array.from(bytes));
      staged++;
    },
    async commitBlocks(name, ids, options) {
      checkBlobName(name);
      const bodies = ids.map((id) => blocks.get(keyOf(name, id)));
      const missing = bodies.indexOf(undefined);
      if (missing >= 0) throw new MailkeepError("invalid", `there is no block ${ids[missing]} of ${name}`);
      const bytes = new Uint8Array(Buffer.concat(bodies as Uint8Array[]));
      if (!(await blobs.putIfAbsent(name, bytes, options))) blobs.tamper(name, bytes);
      const kept = new Set(ids.map((id) => keyOf(name, id)));
      for (const key of blocks.keys()) if (key.startsWith(`${name}\n`) && !kept.has(key)) blocks.delete(key);
    },
    link: async () => undefined,
    async remove(name) {
      checkBlobName(name);
      if (await blobs.exists(name)) blobs.tamper(name, undefined);
      for (const key of blocks.keys()) if (key.startsWith(`${name}\n`)) blocks.delete(key);
    },
  };
}
