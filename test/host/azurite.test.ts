import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startAzurite } from "../../lib/local/azurite.js";

let directory: string;
const holders: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mailkeep-azurite-"));
});
afterEach(async () => {
  for (const holder of holders.splice(0)) holder.kill();
  await rm(directory, { recursive: true, force: true, maxRetries: 20 });
});

/** Another process that starts the emulator on the test's directory. */
async function holder(): Promise<{ process: ChildProcess; connectionString?: string; error?: string }> {
  const script = fileURLToPath(new URL("emulator-holder.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, directory], { stdio: ["ignore", "pipe", "inherit"] });
  holders.push(child);
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { process: child, ...JSON.parse(line) };
}

function open(connectionString: string) {
  const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };
  return {
    blobs: BlobServiceClient.fromConnectionString(connectionString, {
      retryOptions: { maxTries: 1 },
    }).getContainerClient("box"),
    rows: TableClient.fromConnectionString(connectionString, "box", options),
    queue: QueueServiceClient.fromConnectionString(connectionString, { retryOptions: { maxTries: 1 } }).getQueueClient(
      "box",
    ),
  };
}

/** Writes blob, row and message after one another under one name each, until the emulator is gone or `most` are there. */
async function write(connectionString: string, most: number): Promise<string[]> {
  const { blobs, rows, queue } = open(connectionString);
  await Promise.all([blobs.create(), rows.createTable(), queue.create()]);
  const acknowledged: string[] = [];
  for (let i = 0; i < most; i++) {
    const name = `n${String(i).padStart(4, "0")}`;
    try {
      await blobs.getBlockBlobClient(name).upload(name, name.length);
      await rows.createEntity({ partitionKey: "p", rowKey: name });
      await queue.sendMessage(name);
    } catch {
      break;
    }
    acknowledged.push(name);
  }
  return acknowledged;
}

async function stored(connectionString: string): Promise<{ blobs: string[]; rows: string[]; messages: number }> {
  const { blobs, rows, queue } = open(connectionString);
  const found = { blobs: [] as string[], rows: [] as string[], messages: 0 };
  for await (const { name } of blobs.listBlobsFlat()) {
    expect((await blobs.getBlobClient(name).downloadToBuffer()).toString()).toBe(name);
    found.blobs.push(name);
  }
  for await (const row of rows.listEntities()) found.rows.push(String(row.rowKey));
  found.messages = (await queue.getProperties()).approximateMessagesCount ?? 0;
  return found;
}

describe("the storage emulator", () => {
  it("keeps everything it acknowledged when the process that started it is killed, and starts again at once", async () => {
    const first = await holder();
    const acknowledged = await write(first.connectionString ?? "", 60);
    first.process.kill("SIGKILL");
    const again = await startAzurite({ directory });
    try {
      expect(await stored(again.connectionString)).toEqual({
        blobs: acknowledged,
        rows: acknowledged,
        messages: acknowledged.length,
      });
    } finally {
      await again.stop();
    }
  });

  it("killed itself, goes back to one earlier moment of blobs and rows together", async () => {
    const first = await holder();
    const writing = write(first.connectionString ?? "", 5_000);
    const { pid } = JSON.parse(await readFile(join(directory, "lock.json"), "utf8"));
    // Some saves have happened when the database on disk knows the 100th row.
    const table = join(directory, "__azurite_db_table__.json");
    while (!(await readFile(table, "utf8").catch(() => "")).includes("n0100"));
    process.kill(pid, "SIGKILL");
    const acknowledged = await writing;
    const again = await startAzurite({ directory });
    try {
      const { blobs, rows, messages } = await stored(again.connectionString);
      expect(rows.length).toBeGreaterThan(100);
      expect(rows).toEqual(acknowledged.slice(0, rows.length));
      // In each round the blob comes first and the message last.
      expect(blobs.slice(0, rows.length)).toEqual(rows);
      expect(blobs.length - rows.length).toBeLessThanOrEqual(1);
      expect(rows.length - messages).toBeLessThanOrEqual(1);
    } finally {
      await again.stop();
    }
  });

  it("refuses a second start on the same directory and names who has it", async () => {
    const first = await holder();
    await expect(startAzurite({ directory })).rejects.toThrow(`process ${first.process.pid}`);
  });
});
