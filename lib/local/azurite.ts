// Starts the storage emulator as a child process and stops it without losing what it has acknowledged.
import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChildMessage } from "./azurite-child.js";

export interface Azurite {
  /** For blobs, queues and tables, with the emulator's well-known account. */
  connectionString: string;
  /** Resolves when the emulator has ended although nobody stopped it. */
  died: Promise<string>;
  /** Saves everything and ends. */
  stop(): Promise<void>;
}

export interface AzuriteOptions {
  /** Where to keep the data; without it, in memory. */
  directory?: string;
}

/** The account every storage emulator knows (https://learn.microsoft.com/azure/storage/common/storage-connect-azurite). */
const account = {
  name: "devstoreaccount1",
  key: "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
};

/** Longest time a stop may take; saving is a few MB of JSON. */
const stopLimitMs = 30_000;

/**
 * Listens on free loopback ports. The child has a process group of its own, so that Ctrl-C reaches only this process, and
 * a channel to it: when the channel closes, however this process ended, the child saves and ends too. A kill -9 of the
 * child itself loses at most the last second or so, in all three services at once (see azurite-child.ts).
 * @throws Error when another process uses the directory, or the emulator does not start.
 */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const { directory } = options;
  if (directory !== undefined) mkdirSync(directory, { recursive: true });
  const log = directory === undefined ? undefined : openSync(join(directory, "azurite.log"), "a");
  // Beside this file, compiled or not: Node runs the TypeScript one as it is when tests use it.
  const script = new URL(`./azurite-child${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  const child = fork(fileURLToPath(script), [JSON.stringify({ directory, owner: process.pid })], {
    detached: true,
    execArgv: [],
    stdio: ["ignore", log ?? "inherit", log ?? "inherit", "ipc"],
  });
  if (log !== undefined) closeSync(log);
  const ended = once(child, "exit").then(([code, signal]) => `the storage emulator ended (${signal ?? code})`);
  const message = await Promise.race([
    once(child, "message").then(([first]) => first as ChildMessage),
    ended.then((how): ChildMessage => ({ kind: "failed", message: `${how} before it was ready` })),
  ]);
  if (message.kind !== "ready") throw new Error(failure(message, directory));
  let stopping = false;
  return {
    connectionString: connectionString(message),
    died: ended.then((how) => (stopping ? new Promise<string>(() => undefined) : how)),
    stop: async () => {
      stopping = true;
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill("SIGKILL"), stopLimitMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

function failure(message: Exclude<ChildMessage, { kind: "ready" }>, directory: string | undefined): string {
  if (message.kind === "failed") return message.message;
  return (
    `Another mailkeep (process ${message.owner}) is using ${directory}. ` +
    `Stop it first, or start this one with --data and another folder.`
  );
}

function connectionString(ports: { blob: string; queue: string; table: string }): string {
  return [
    "DefaultEndpointsProtocol=http",
    `AccountName=${account.name}`,
    `AccountKey=${account.key}`,
    `BlobEndpoint=${ports.blob}/${account.name}`,
    `QueueEndpoint=${ports.queue}/${account.name}`,
    `TableEndpoint=${ports.table}/${account.name}`,
    "",
  ].join(";");
}
