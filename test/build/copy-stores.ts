// An archive as it was at some moment, to begin again from.
import type { MemoryBlobStore } from "../../lib/adapters/memory/blob-store.js";
import type { MemoryRowStore } from "../../lib/adapters/memory/row-store.js";
import type { Table } from "../../lib/ports/row-store.js";

export interface Stores {
  blobs: MemoryBlobStore;
  rows: MemoryRowStore;
}

export async function copyStores(from: Stores, to: Stores): Promise<void> {
  for (const name of from.blobs.names()) {
    const { bytes, contentEncoding } = await from.blobs.get(name);
    await to.blobs.putIfAbsent(name, bytes, { contentType: "any", ...(contentEncoding && { contentEncoding }) });
  }
  for (const [place, values] of Object.entries(from.rows.dump())) {
    const [table, partition, row] = place.split("/") as [Table, string, string];
    await to.rows.upsert(table, { partition, row }, values);
  }
}
