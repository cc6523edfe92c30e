// Starts the three processes of a measurement: storage emulator, sample tenant, product. Each ends with the bench.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { FolderSummary, MailboxSummary } from "../../lib/local/tenant/control.js";
import type { CountersSnapshot, LoggedRequest } from "../../lib/local/tenant/counters.js";
import type { Order, ProductOptions, ReadMeasure, ReadWhat, Reply, RunMeasure, Sizes } from "./orders.js";

const built = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

function watched(child: ChildProcess): ChildProcess {
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill();
  await ended;
}

/** Lines that a child prints; the pipe is read on to its end, because a full one would stop the child. */
async function firstOf<T>(child: ChildProcess, find: (line: string) => T | undefined): Promise<T> {
  if (child.stdout === null) throw new Error("the process has no output to read");
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const found = find(line);
      if (found !== undefined) return found;
    }
  } finally {
    child.stdout.resume();
  }
  throw new Error("a process of the bench ended before it was ready");
}

const account = "devstoreaccount1";
/** The emulator's published key: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite */
const publishedKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** Besides the emulator's own account, one that nothing is measured in: it has the same key. */
const warmUpAccount = "warmup";

export interface Emulator {
  connectionString: string;
  /** The same emulator, another account. */
  warmUpConnectionString: string;
  stop(): Promise<void>;
}

export async function startEmulator(): Promise<Emulator> {
  const program = createRequire(import.meta.url).resolve("azurite/dist/src/azurite.js");
  const flags = ["--silent", "--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence"];
  const ports = ["--blobPort", "0", "--queuePort", "0", "--tablePort", "0"];
  const child = watched(
    spawn(process.execPath, [program, ...flags, ...ports], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, AZURITE_ACCOUNTS: `${account}:${publishedKey};${warmUpAccount}:${publishedKey}` },
    }),
  );
  const parts = ["DefaultEndpointsProtocol=http", `AccountName=${account}`, `AccountKey=${publishedKey}`];
  const connectionString = await firstOf(child, (line) => {
    const found = /Azurite (\w+) service is successfully listening at (\S+)/.exec(line);
    if (found) parts.push(`${found[1]}Endpoint=${found[2]}/${account}`);
    return parts.length === 6 ? `${parts.join(";")};` : undefined;
  });
  const warmUpConnectionString = connectionString.replaceAll(account, warmUpAccount);
  return { connectionString, warmUpConnectionString, stop: () => stop(child) };
}

export interface TenantSize {
  mailboxes: number;
  /** Generated messages for each mailbox. */
  messages: number;
  hugeBytes: number;
  latencyMs: number;
}

export type TenantProcess = Awaited<ReturnType<typeof startTenantProcess>>;

export async function startTenantProcess(size: TenantSize) {
  const flags = { mailboxes: size.mailboxes, messages: size.messages, huge: size.hugeBytes, latency: size.latencyMs };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const program = built("../../lib/local/tenant/main.js");
  const child = watched(spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] }));
  const { baseUrl, token } = await firstOf(child, (line) => JSON.parse(line) as { baseUrl: string; token: string });

  async function control<T>(verb: string, body?: object): Promise<T> {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await fetch(`${baseUrl}/_tenant/${verb}`, { ...init, headers });
    if (!answer.ok) throw new Error(`the tenant refused ${verb}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  return {
    graph: { baseUrl, token },
    mailboxes: () => control<MailboxSummary[]>("mailboxes"),
    folders: (mailbox: string) => control<FolderSummary[]>(`folders?mailbox=${mailbox}`),
    deleteFolder: (mailbox: string, folder: string) => control("deleteFolder", { mailbox, folder }),
    deliver: (mailbox: string, folder: string, text: string) =>
      control("deliver", { mailbox, folder, text, receivedAt: "2026-10-30T17:00:00Z" }),
    counters: () => control<CountersSnapshot>("counters"),
    requests: () => control<LoggedRequest[]>("requests"),
    resetCounters: () => control("resetCounters", {}),
    stop: () => stop(child),
  };
}

export type ProductProcess = Awaited<ReturnType<typeof startProduct>>;

/**
 * What Node 24 chooses by itself in a container of 2 GB, the size of an instance: on a larger machine it would collect
 * garbage later and take more memory. (A heap of 1,120 MiB by v8.getHeapStatistics, a new space of 64 MiB.)
 */
const asOnAnInstance = ["--max-old-space-size=1024", "--max-semi-space-size=32"];

/** `nodeFlags` go to the measured process besides, e.g. `--cpu-prof`. */
export async function startProduct(options: ProductOptions, nodeFlags: string[]) {
  const child = watched(
    fork(built("./product.js"), [JSON.stringify(options)], {
      execArgv: [...asOnAnInstance, "--enable-source-maps", ...nodeFlags],
    }),
  );
  const ended = once(child, "exit").then((): Reply => ({ kind: "failed", message: "the measured process ended" }));
  async function hear<K extends Reply["kind"]>(kind: K): Promise<Extract<Reply, { kind: K }>> {
    const reply = await Promise.race([once(child, "message").then(([first]) => first as Reply), ended]);
    if (reply.kind === kind) return reply as Extract<Reply, { kind: K }>;
    throw new Error(reply.kind === "failed" ? reply.message : `${reply.kind} instead of ${kind}`);
  }
  const order = (what: Order) => void child.send(what);
  await hear("ready");
  return {
    async run(): Promise<RunMeasure> {
      order({ kind: "run" });
      return hear("run");
    },
    async read(what: ReadWhat): Promise<ReadMeasure> {
      order({ kind: "read", what });
      return hear("read");
    },
    async sizes(): Promise<Sizes> {
      order({ kind: "sizes" });
      return hear("sizes");
    },
    /** Lets it end by itself, so that it can write a profile. */
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
