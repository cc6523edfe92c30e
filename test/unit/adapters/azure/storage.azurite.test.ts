import { QueueClient } from "@azure/storage-queue";
import { describe, expect, inject, it } from "vitest";
import { openAzureStorage } from "../../../../lib/adapters/azure/storage.js";
import type { StoredRow } from "../../../../lib/ports/row-store.js";
import { openAzuriteStorage } from "../../../contract/azurite-storage.js";

const options = { contentType: "text/plain" };
const key = { partition: "p", row: "r" };

async function exhaust(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

describe("openAzureStorage on the emulator", () => {
  it("creates what is missing, again and again, by several processes at once", async () => {
    const { prefix, create } = await openAzuriteStorage();
    await create();
    const connectionString = inject("azurite");
    const open = () => openAzureStorage({ kind: "connection-string", connectionString }, { prefix });
    const others = await Promise.all([open(), open()]);
    await Promise.all(others.map((other) => other.create()));
    expect(await others[0]?.rows.get("audit", key)).toBeUndefined();
  });

  it("never takes a missing container or table for an absent blob or row", async () => {
    const connectionString = inject("azurite");
    const { blobs, rows, queue } = await openAzureStorage(
      { kind: "connection-string", connectionString },
      { prefix: "nevercreated" },
    );
    for (const call of [
      () => blobs.get("a"),
      () => blobs.getRange("a", 0, 1),
      () => blobs.stream("a"),
      () => blobs.exists("a"),
      () => blobs.putIfAbsent("a", new Uint8Array(1), options),
      () => exhaust(blobs.list("")),
      () => rows.get("runs", key),
      () => rows.upsert("runs", key, {}),
      () => rows.delete("runs", key),
      () => rows.batch("runs", "p", [{ kind: "delete", row: "r" }]),
      () => exhaust(rows.scan("runs", "p") as AsyncIterable<StoredRow>),
      () => queue.send("item"),
    ])
      await expect(call(), String(call)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("sends items that never expire", async () => {
    const { queue, prefix, connectionString } = await openAzuriteStorage();
    await queue.send("item");
    const { receivedMessageItems } = await new QueueClient(connectionString, `${prefix}work`).receiveMessages();
    expect(receivedMessageItems[0]?.expiresOn.getUTCFullYear()).toBe(9999);
  });

  it("stores a small blob over blocks that a crashed writer left behind", async () => {
    const { blobs } = await openAzuriteStorage();
    async function* crashing(): AsyncIterable<Uint8Array> {
      yield new Uint8Array(9 * 1024 * 1024);
      throw new Error("crash");
    }
    await expect(blobs.putStreamIfAbsent("a", crashing(), options)).rejects.toThrow("crash");
    expect(await blobs.putIfAbsent("a", new Uint8Array([1, 2]), { ...options, contentEncoding: "gzip" })).toBe(true);
    expect(await blobs.get("a")).toEqual({ bytes: new Uint8Array([1, 2]), contentEncoding: "gzip" });
  });
});
