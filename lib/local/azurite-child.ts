// The process that runs Azurite 3.37.0: started by azurite.ts, ends with its parent, keeps its folder to itself and saves
// all three services at one moment. Imports nothing of ours, so that Node can also run it uncompiled.
import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What the parent is told, once. */
export type ChildMessage =
  | { kind: "ready"; blob: string; queue: string; table: string }
  | { kind: "locked"; owner: number }
  | { kind: "failed"; message: string };

interface AzuriteServer {
  start(): Promise<void>;
  close(): Promise<void>;
  getHttpServerAddress(): string;
}

/** What is used of LokiJS 1.5.12, in which Azurite keeps everything but the bytes of blobs and messages. */
interface LokiDatabase {
  filename: string;
  autosave: boolean;
  collections: { dirty: boolean }[];
  autosaveDirty(): boolean;
  autosaveClearFlags(): void;
  serialize(): string;
}

const { directory, owner } = JSON.parse(process.argv[2] ?? "{}") as { directory?: string; owner: number };
const require = createRequire(createRequire(import.meta.url).resolve("azurite/package.json"));
let ending = false;

async function main(): Promise<void> {
  const parentGone = new Promise<void>((resolve) => {
    for (const event of ["disconnect", "SIGTERM", "SIGINT", "SIGHUP"]) process.on(event, () => resolve());
  });
  if (!process.connected) return;
  const lock = directory === undefined ? undefined : await takeFolder(directory);
  const savings = directory === undefined ? undefined : saveTogether();
  const servers = createServers();
  for (const server of Object.values(servers)) await server.start();
  tell({
    kind: "ready",
    blob: servers.blob.getHttpServerAddress(),
    queue: servers.queue.getHttpServerAddress(),
    table: servers.table.getHttpServerAddress(),
  });
  await parentGone;
  ending = true;
  await savings?.stop();
  for (const server of Object.values(servers)) await server.close();
  lock?.release();
  process.exit(0);
}

function tell(message: ChildMessage): void {
  if (process.connected) process.send?.(message);
}

/**
 * Azurite has no public API for this; these are the modules its own command line uses (dist/src/azurite.js). The many
 * positional settings are: host, port, keep-alive, paths, four about logs, loose, skip the API version check (the SDKs are
 * newer than the emulator), three about certificates, OAuth, product-style URLs, in memory.
 */
function createServers(): Record<"blob" | "queue" | "table", AzuriteServer> {
  const load = (path: string) => require(`./dist/src/${path}`).default;
  const [BlobConfiguration, BlobServer] = [load("blob/BlobConfiguration"), load("blob/BlobServer")];
  const [QueueConfiguration, QueueServer] = [load("queue/QueueConfiguration"), load("queue/QueueServer")];
  const [TableConfiguration, TableServer] = [load("table/TableConfiguration"), load("table/TableServer")];
  const at = (name: string) => (directory === undefined ? undefined : join(directory, name));
  const memory = directory === undefined;
  const rest = [false, true, "", "", "", undefined, false, memory];
  const listen = ["127.0.0.1", 0, undefined];
  const bytes = (name: string, locationId: string, maxConcurrency: number) =>
    memory ? undefined : [{ locationId, locationPath: at(name), maxConcurrency }];
  const quiet = [false, undefined, false, undefined];
  return {
    blob: new BlobServer(
      new BlobConfiguration(
        ...listen,
        at("__azurite_db_blob__.json"),
        at("__azurite_db_blob_extent__.json"),
        bytes("__blobstorage__", "Default", 50),
        ...quiet,
        ...rest,
      ),
    ),
    queue: new QueueServer(
      new QueueConfiguration(
        ...listen,
        at("__azurite_db_queue__.json"),
        at("__azurite_db_queue_extent__.json"),
        bytes("__queuestorage__", "Default", 1),
        ...quiet,
        ...rest,
      ),
    ),
    table: new TableServer(
      new TableConfiguration(...listen, at("__azurite_db_table__.json"), false, false, undefined, undefined, ...rest),
    ),
  };
}

/**
 * Azurite saves each of its five databases on its own every five seconds, so a kill -9 of it would leave tables that are
 * newer than the blobs they speak of: a state no real storage account can be in. Here all databases are written out in one
 * tick (one moment for all services) and put in place blobs first: after a kill -9 everything is as it was a moment ago.
 * The bytes themselves are appended to files before a request is answered.
 */
function saveTogether(): { stop(): Promise<void> } {
  const databases: LokiDatabase[] = [];
  require("lokijs").prototype.autosaveEnable = function (this: LokiDatabase) {
    this.autosave = true; // so that closing it saves
    if (!databases.includes(this)) databases.push(this);
  };
  const stopping = new AbortController();
  const loop = (async () => {
    for (let pauseMs = 500; !stopping.signal.aborted; ) {
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      const began = performance.now();
      await saveAll(databases).catch((error: unknown) => console.error("could not save:", error));
      // Large databases take long to write out: at most a twentieth of the time goes into saving.
      pauseMs = Math.max(500, 20 * (performance.now() - began));
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

/** Blobs before what speaks of them; within a service the bytes' places before what points to them. */
const saveOrder = ["blob_extent", "blob", "queue_extent", "queue", "table"].map((part) => `_db_${part}__.json`);

async function saveAll(databases: LokiDatabase[]): Promise<void> {
  const rank = ({ filename }: LokiDatabase) => saveOrder.findIndex((ending) => filename.endsWith(ending));
  const dirty = databases.filter((database) => database.autosaveDirty()).sort((a, b) => rank(a) - rank(b));
  const texts = dirty.map((database) => {
    database.autosaveClearFlags();
    return { name: database.filename, text: database.serialize() };
  });
  try {
    for (const { name, text } of texts) await writeFile(`${name}.next`, text);
    for (const { name } of texts) renameSync(`${name}.next`, name);
  } catch (error) {
    for (const { collections } of dirty) for (const collection of collections) collection.dirty = true;
    throw error;
  }
}

/**
 * One emulator for a folder: the lock file names a loopback port on which its holder answers with a word only it knows. A
 * holder that was killed answers no more, whatever process has its number now; one whose parent has gone is waited for.
 */
async function takeFolder(folder: string): Promise<{ release(): void }> {
  const word = randomUUID();
  const server = createServer((socket) => socket.end(`${word} ${ending || !process.connected ? "ending" : "running"}`));
  const port = await listening(server);
  const path = join(folder, "lock.json");
  const mine = JSON.stringify({ owner, pid: process.pid, port, word });
  for (;;) {
    try {
      writeFileSync(path, mine, { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const text = readLock(path);
    if (text === undefined) continue;
    const holder = parseLock(text);
    const state = holder === undefined ? "gone" : await ask(holder);
    if (holder !== undefined && state === "running") {
      tell({ kind: "locked", owner: holder.owner });
      process.exit(0);
    }
    if (state === "ending") await sleep(100);
    else if (readLock(path) === text) rmSync(path, { force: true });
  }
  return {
    release: () => {
      rmSync(path, { force: true });
      server.close();
    },
  };
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

interface Holder {
  owner: number;
  port: number;
  word: string;
}

/** A lock that was cut off while being written belongs to nobody. */
function parseLock(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** What the process behind a lock says: that it runs, that it is ending, or nothing that it could say if it were ours. */
async function ask({ port, word }: Holder): Promise<"running" | "ending" | "gone"> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect(port, "127.0.0.1");
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on("data", (chunk) => {
      heard += chunk;
    });
    socket.on("error", () => resolve("gone"));
    socket.on("close", () =>
      resolve(heard === `${word} running` ? "running" : heard === `${word} ending` ? "ending" : "gone"),
    );
  });
}

await main().catch((error: unknown) => {
  tell({ kind: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exit(1);
});
