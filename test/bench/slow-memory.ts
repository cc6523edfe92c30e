// Blobs and rows in the memory of the measured process, answering as late as Azure does: for the one question that the
// emulator cannot answer, because its one thread takes 15 ms of CPU for a transaction of 100 rows while a storage account
// takes none of ours.
import { memoryBlobStore } from "../../lib/adapters/memory/blob-store.js";
import { memoryRowStore } from "../../lib/adapters/memory/row-store.js";
import type { Edges } from "../../lib/app.js";

/** Assumed, not measured: a small request; a pack; a transaction (100 rows at the 2,000 rows/s of one partition). */
const requestMs = 10;
const blobPutMs = 40;
const transactionMs = 50;

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export function slowMemory(): Pick<Edges, "blobs" | "rows"> {
  const blobs = memoryBlobStore();
  const rows = memoryRowStore();
  const late =
    <A extends unknown[], T>(ms: number, call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      await after(ms);
      return call(...args);
    };
  return {
    blobs: {
      ...blobs,
      get: late(requestMs, blobs.get),
      putIfAbsent: late(blobPutMs, blobs.putIfAbsent),
      putStreamIfAbsent: late(blobPutMs, blobs.putStreamIfAbsent),
    },
    rows: {
      ...rows,
      get: late(requestMs, rows.get),
      insert: late(requestMs, rows.insert),
      replace: late(requestMs, rows.replace),
      upsert: late(requestMs, rows.upsert),
      delete: late(requestMs, rows.delete),
      batch: late(transactionMs, rows.batch),
      async *scan(...args) {
        await after(requestMs);
        yield* rows.scan(...args);
      },
    },
  };
}
