// What is measured: each scenario sets its own emulator, tenant and product up and says which goals its figures meet.
import { type Cost, costOf } from "../../lib/cost/estimate.js";
import { type Counts, sum } from "./meter.js";
import type { ReadMeasure, ReadWhat, RunMeasure, Sizes } from "./orders.js";
import { fillWithPlainMail } from "./plain-mail.js";
import {
  type ProductProcess,
  startEmulator,
  startProduct,
  startTenantProcess,
  type TenantProcess,
} from "./processes.js";
import { bareShare } from "./yardstick.js";

/** Requests in flight for one mailbox (https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits). */
const inFlight = 4;
const mib = 1024 * 1024;
/** lib/local/tenant/counters.ts */
const loggedRequests = 20_000;
const hugeBytes = 150 * mib;

export interface Setting {
  mailboxes: number;
  messages: number;
  /** Mailboxes archived beside each other. */
  atOnce: number;
  latencyMs: number;
  /** `plain`: short messages in the standard folders; `company`: the sample tenant's own mail and folders. */
  mail: "plain" | "company";
  storage?: "emulator" | "slow memory";
  /** The storage has been at work before. */
  warm?: boolean;
}

export interface Figures extends Setting {
  scenario: string;
  status: string;
  stored: number;
  wantedFolders: number;
  seconds: number;
  messagesPerSecond: number;
  /** Of 4 requests in flight / latency for each mailbox, all of them messages. */
  shareOfCeiling: number;
  /** Of the time, times 4 for each mailbox, in which requests were in flight: what the product itself can do about it. */
  slotsInUse: number;
  /** What a program that only fetches reaches in the same minute: the machine's share of what is missing. */
  bareShareOfCeiling?: number;
  /** Until the first message was asked for, and from the last one's arrival to the end of the work. */
  leadSeconds?: number;
  tailSeconds: number;
  graphRequests: number;
  graphRequestsPerMessage: number;
  graphByRoute: Counts;
  blobWrites: number;
  /** Packs and ledger records: what is written for messages without attachments. */
  packAndLedgerWritesPerMessage: number;
  blobOperationsPerMessage: number;
  tableOperationsPerMessage: number;
  queueOperationsPerMessage: number;
  storageByKind: Counts;
  meanBytes: number;
  storedShare?: number;
  sizes?: Sizes;
  cpuMsPerMessage: number;
  mainCpuMsPerMessage: number;
  peakRssMib: number;
  peakHeapMib: number;
  peakBuffersMib: number;
  usdPerMillion?: Cost;
}

export interface Goal {
  name: string;
  wanted: string;
  reached: boolean;
  figure: string;
}

/** The way back: everything archived, read by a process that has done nothing else. */
export interface ReadFigures {
  scenario: string;
  messages: number;
  /** Megabytes (10^6) of mail as Graph sent it. */
  rawMegabytes: number;
  seconds: number;
  megabytesPerSecond: number;
  messagesPerSecond: number;
  cpuMsPerMessage: number;
  peakRssMib: number;
  blobOperationsPerMessage: number;
}

export interface Result {
  reads?: ReadFigures[];
  figures: Figures[];
  goals: Goal[];
}

export interface Options {
  latencyMs: number;
  nodeFlags: string[];
}

interface Stage {
  tenant: TenantProcess;
  product: ProductProcess;
  /** Another process on the same archive, in the first one's place. */
  fresh(): Promise<ProductProcess>;
}

/** Sets up, lets `play` measure, and takes all down. */
async function onStage<T>(
  setting: Setting & { huge?: number },
  { nodeFlags }: Options,
  play: (stage: Stage) => Promise<T>,
): Promise<T> {
  const { mailboxes, messages, atOnce, latencyMs, mail, huge = 0 } = setting;
  const emulator = await startEmulator();
  const generated = mail === "company" ? messages : 0;
  const tenant = await startTenantProcess({ mailboxes, messages: generated, hugeBytes: huge, latencyMs });
  if (mail === "plain") await fillWithPlainMail(tenant, messages);
  if (setting.warm) await warmUp(emulator.warmUpConnectionString);
  const options = {
    storage: emulator.connectionString,
    graph: tenant.graph,
    atOnce,
    slowMemory: setting.storage === "slow memory",
  };
  const first = await startProduct(options, nodeFlags);
  let product = first;
  const fresh = async () => {
    await product.stop();
    product = await startProduct(options, nodeFlags);
    return product;
  };
  try {
    return await play({ tenant, product: first, fresh });
  } finally {
    await product.stop();
    await tenant.stop();
    await emulator.stop();
  }
}

/**
 * The emulator stands in for a service that is always warm: another product archives a few mailboxes of another tenant into
 * another account of it first. The product that is measured is as cold as an instance's first run.
 */
async function warmUp(storage: string): Promise<void> {
  const tenant = await startTenantProcess({ mailboxes: 4, messages: 0, hugeBytes: 0, latencyMs: 0 });
  await fillWithPlainMail(tenant, 500);
  const product = await startProduct({ storage, graph: tenant.graph, atOnce: 4, slowMemory: false }, []);
  await product.run();
  await product.stop();
  await tenant.stop();
}

/** One run and what it took. @throws Error when it did not store what it should: a fast loss is no result */
async function measure(scenario: string, setting: Setting, { tenant, product }: Stage): Promise<Figures> {
  await tenant.resetCounters();
  const run = await product.run();
  const { byRoute, concurrencyViolations, windowViolations, requests } = await tenant.counters();
  const { tally, status } = run.run;
  if (status !== "succeeded" && status !== "noChanges") throw new Error(`${scenario}: the run ended as ${status}`);
  if (concurrencyViolations + windowViolations > 0) throw new Error(`${scenario}: Graph's limits were broken`);
  const graphByRoute = Object.fromEntries(Object.entries(byRoute).map(([name, counts]) => [name, counts.requests]));
  const messages = Math.max(tally.stored, 1);
  const seconds = run.wallMs / 1_000;
  const idealSeconds = (tally.stored * setting.latencyMs) / 1_000 / inFlight / setting.atOnce;
  return {
    ...setting,
    scenario,
    status,
    stored: tally.stored,
    wantedFolders: graphByRoute["GET /users/{user}/mailFolders/{folder}/messages/delta"] ?? 0,
    seconds,
    messagesPerSecond: tally.stored / seconds,
    shareOfCeiling: idealSeconds / seconds,
    slotsInUse: run.requestMs / run.wallMs / inFlight / setting.atOnce,
    ...(await edgesOf(run, setting, tenant)),
    graphRequests: requests,
    graphRequestsPerMessage: requests / messages,
    graphByRoute,
    ...storageFigures(run, messages),
    meanBytes: run.run.bytes / messages,
    cpuMsPerMessage: run.cpuMs / messages,
    mainCpuMsPerMessage: run.mainCpuMs / messages,
    peakRssMib: run.peakRss / mib,
    peakHeapMib: run.peakHeap.heap / mib,
    peakBuffersMib: run.peakHeap.buffers / mib,
    ...(tally.stored > 0 && { usdPerMillion: cost(run, setting, messages) }),
  };
}

/** How long four requests were not in flight at the beginning and at the end. */
async function edgesOf({ began, ended }: RunMeasure, { latencyMs }: Setting, tenant: TenantProcess) {
  const requests = await tenant.requests();
  const fetched = requests.filter(({ route }) => route.endsWith("/$value")).map(({ at }) => at);
  const first = fetched.reduce((least, at) => Math.min(least, at), ended) - latencyMs;
  const last = fetched.reduce((most, at) => Math.max(most, at), began);
  // The tenant remembers its last requests only.
  const isAll = requests.length < loggedRequests;
  return {
    ...(isAll && { leadSeconds: Math.max(0, first - began) / 1_000 }),
    tailSeconds: Math.max(0, ended - last) / 1_000,
  };
}

function storageFigures({ storage }: RunMeasure, messages: number) {
  const each = (pattern: RegExp) => sum(storage, pattern) / messages;
  return {
    blobWrites: sum(storage, /^blob PUT/),
    packAndLedgerWritesPerMessage: each(/^blob PUT (packs|ledger)/),
    blobOperationsPerMessage: each(/^blob/),
    tableOperationsPerMessage: each(/^table/),
    queueOperationsPerMessage: each(/^queue/),
    storageByKind: storage,
  };
}

/** Of a million messages, archived as in this run. */
function cost({ storage, cpuMs, wallMs }: RunMeasure, { atOnce }: Setting, messages: number): Cost {
  const each = (pattern: RegExp) => sum(storage, pattern) / messages;
  const effort = {
    seconds: (wallMs / 1_000 / messages) * atOnce,
    cpuSeconds: cpuMs / 1_000 / messages,
    graphRequests: 0, // nobody charges for them
    blobWrites: each(/^blob PUT/),
    blobReads: each(/^blob (GET|HEAD)/),
    tableOperations: each(/^table/),
    queueOperations: each(/^queue/),
  };
  return costOf(effort, 1e6);
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const atLeast = (name: string, share: number, figure: number): Goal => ({
  name,
  wanted: `>= ${percent(share)}`,
  reached: figure >= share,
  figure: percent(figure),
});
const atMost = (name: string, limit: number, { figure, unit }: { figure: number; unit: string }): Goal => ({
  name,
  wanted: `<= ${limit} ${unit}`,
  reached: figure <= limit,
  figure: `${figure.toFixed(figure < 10 ? 4 : 1)} ${unit}`,
});

/** A run with no changes: folder enumeration, and one delta call for each folder. */
function quietGoal(first: Figures, second: Figures): Goal {
  const others = Object.keys(second.graphByRoute).filter((route) => !/mailFolders/.test(route));
  const delta = second.wantedFolders;
  const folders = new Set(Object.keys(second.graphByRoute)).size;
  const reached = second.status === "noChanges" && others.length === 0 && delta <= first.wantedFolders;
  return {
    name: `${second.scenario}: only folder enumeration and one delta call a folder`,
    wanted: "no other request",
    reached,
    figure: `${second.graphRequests} requests, ${delta} of them delta, ${folders} routes, ${others.length} others`,
  };
}

async function oneMailbox(options: Options): Promise<Result> {
  const setting: Setting = { mailboxes: 1, messages: 2_000, atOnce: 1, latencyMs: options.latencyMs, mail: "plain" };
  return onStage(setting, options, async (stage) => {
    const bareShareOfCeiling = await bareShare(stage.tenant, setting.latencyMs, 500);
    const first = { ...(await measure("one mailbox", setting, stage)), bareShareOfCeiling };
    const second = await measure("one mailbox again", setting, stage);
    const goals = [
      atLeast("one mailbox: share of the ceiling", 0.95, first.shareOfCeiling),
      atMost("one mailbox: Graph requests a message", 1.02, { figure: first.graphRequestsPerMessage, unit: "" }),
      quietGoal(first, second),
    ];
    return { figures: [first, second], goals };
  });
}

async function sixteenMailboxes(options: Options): Promise<Result> {
  const { latencyMs } = options;
  const setting: Setting = { mailboxes: 16, messages: 500, atOnce: 16, latencyMs, mail: "plain", warm: true };
  return onStage(setting, options, async (stage) => {
    const bareShareOfCeiling = await bareShare(stage.tenant, setting.latencyMs, 200);
    const figures = { ...(await measure("sixteen mailboxes", setting, stage)), bareShareOfCeiling };
    const writes = { figure: figures.packAndLedgerWritesPerMessage, unit: "" };
    const goals = [
      atLeast("sixteen mailboxes: share of the ceiling", 0.9, figures.shareOfCeiling),
      atMost("sixteen mailboxes: blob writes a message without attachments", 0.01, writes),
    ];
    return { figures: [figures], goals };
  });
}

/** The same with storage that takes no CPU of this machine but Azure's time: what the product alone can do. */
async function sixteenOnAzuresTime(options: Options): Promise<Result> {
  const { latencyMs } = options;
  const setting: Setting = {
    mailboxes: 16,
    messages: 500,
    atOnce: 16,
    latencyMs,
    mail: "plain",
    storage: "slow memory",
  };
  return onStage(setting, options, async (stage) => {
    const bareShareOfCeiling = await bareShare(stage.tenant, setting.latencyMs, 200);
    const figures = { ...(await measure("sixteen, no emulator", setting, stage)), bareShareOfCeiling };
    return {
      figures: [figures],
      goals: [atLeast("sixteen, no emulator: share of the ceiling", 0.9, figures.shareOfCeiling)],
    };
  });
}

async function company(options: Options): Promise<Result> {
  const setting: Setting = { mailboxes: 200, messages: 140, atOnce: 16, latencyMs: options.latencyMs, mail: "company" };
  return onStage(setting, options, async (stage) => {
    const first = await measure("model company", setting, stage);
    const second = await measure("model company again", setting, stage);
    const sizes = await stage.product.sizes();
    first.sizes = sizes;
    first.storedShare = (sizes.packs + sizes.ledger + sizes.attachments) / (first.meanBytes * first.stored);
    const goals = [
      atMost("model company: stored bytes of raw", 17, { figure: first.storedShare * 100, unit: "%" }),
      atMost("model company: CPU a message", 2.5, { figure: first.cpuMsPerMessage, unit: "ms" }),
      atMost("model company: a million messages", 1, { figure: first.usdPerMillion?.total ?? 0, unit: "USD" }),
      quietGoal(first, second),
    ];
    return { figures: [first, second], goals };
  });
}

/** Mailboxes so full that the packs of all of them reach their limits. */
async function memory(options: Options): Promise<Result> {
  const setting: Setting = {
    mailboxes: 16,
    messages: 2_000,
    atOnce: 16,
    latencyMs: options.latencyMs,
    mail: "company",
  };
  return onStage(setting, options, async (stage) => {
    const figures = await measure("sixteen full mailboxes", setting, stage);
    const goals = [
      atMost("sixteen full mailboxes: peak RSS", 512, { figure: figures.peakRssMib, unit: "MiB" }),
      atMost("sixteen full mailboxes: Graph requests a message", 1.02, {
        figure: figures.graphRequestsPerMessage,
        unit: "",
      }),
    ];
    return { figures: [figures], goals };
  });
}

/** The same mailbox without and with one message of 150 MB. */
async function hugeMessage(options: Options): Promise<Result> {
  const setting: Setting = { mailboxes: 1, messages: 40, atOnce: 1, latencyMs: 0, mail: "company" };
  const without = await onStage(setting, options, (stage) => measure("without a huge message", setting, stage));
  const staged = { ...setting, huge: hugeBytes };
  const withIt = await onStage(staged, options, (stage) => measure("with one of 150 MB", setting, stage));
  const growth = withIt.peakRssMib - without.peakRssMib;
  return {
    figures: [without, withIt],
    goals: [atMost("one message of 150 MB: more peak RSS than without", 64, { figure: growth, unit: "MiB" })],
  };
}

const readSetting: Setting = { mailboxes: 8, messages: 500, atOnce: 8, latencyMs: 0, mail: "company" };

/** Everything archived comes back, by each of these ways. @throws Error when it did not all come back */
async function readBack(ways: ReadWhat[], options: Options): Promise<Result> {
  return onStage(readSetting, options, async (stage) => {
    const { run } = await stage.product.run();
    const reads: ReadFigures[] = [];
    for (const what of ways) {
      const read = await (await stage.fresh()).read(what);
      const isWhole = read.status === "succeeded" && read.messages === run.tally.stored;
      if (!isWhole) throw new Error(`${what}: ${read.status}, ${read.messages} of ${run.tally.stored} messages`);
      reads.push(readFigures(what, read, run.bytes));
    }
    const goals = reads.map(({ scenario, peakRssMib }) =>
      atMost(`${scenario}: peak RSS`, 512, { figure: peakRssMib, unit: "MiB" }),
    );
    return { figures: [], reads, goals };
  });
}

function readFigures(what: ReadWhat, read: ReadMeasure, rawBytes: number): ReadFigures {
  const seconds = read.wallMs / 1_000;
  return {
    scenario: what === "verify" ? "verify" : `export ${what}`,
    messages: read.messages,
    rawMegabytes: rawBytes / 1e6,
    seconds,
    megabytesPerSecond: rawBytes / 1e6 / seconds,
    messagesPerSecond: read.messages / seconds,
    cpuMsPerMessage: read.cpuMs / read.messages,
    peakRssMib: read.peakRss / mib,
    blobOperationsPerMessage: sum(read.storage, /^blob/) / read.messages,
  };
}

export const scenarios: Record<string, (options: Options) => Promise<Result>> = {
  one: oneMailbox,
  sixteen: sixteenMailboxes,
  alone: sixteenOnAzuresTime,
  company,
  memory,
  huge: hugeMessage,
  export: (options) => readBack(["eml-zip", "mbox", "bagit"], options),
  verify: (options) => readBack(["verify"], options),
};
