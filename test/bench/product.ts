// The measured process: the product with its real edges, fed from the real queue, and nothing else.
import { QueueClient } from "@azure/storage-queue";
import { type App, composeApp, openEdges } from "../../lib/app.js";
import { loadConfig } from "../../lib/config.js";
import type { ExportId, RunId, VerificationId } from "../../lib/core/ids.js";
import { ExportInput } from "../../lib/export/selection.js";
import { ProfileInput } from "../../lib/profiles/profile.js";
import { isOpen } from "../../lib/runs/run.js";
import { WorkItem } from "../../lib/work/item.js";
import { difference, openGauge, openMeter } from "./meter.js";
import type { Order, ProductOptions, ReadMeasure, ReadWhat, Reply, RunMeasure, Sizes } from "./orders.js";
import { slowMemory } from "./slow-memory.js";

const options = JSON.parse(process.argv[2] ?? "{}") as ProductOptions;
const meter = openMeter(options.storage);
const gauge = openGauge();
const edges = await openEdges(
  loadConfig({
    ARCHIVE_STORAGE: options.storage,
    GRAPH_BASE_URL: options.graph.baseUrl,
    GRAPH_STATIC_TOKEN: options.graph.token,
    AUTH_MODE: "local",
  }),
  (level, line) => (level === "info" ? undefined : console.error(line)),
);
const app = composeApp({ ...edges, ...(options.slowMemory && slowMemory()) });
const queue = new QueueClient(options.storage, "work");

/** How long to wait when the queue is empty. */
const pollMs = 50;
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const peakRss = () => process.resourceUsage().maxRSS * 1024;
const inMs = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1_000;
type Usage = ReturnType<typeof usage>;
const usage = () => ({
  cpu: inMs(process.cpuUsage()),
  mainCpu: inMs(process.threadCpuUsage()),
  rss: peakRss(),
  storage: meter.counts(),
  requestMs: gauge.requestMs(),
  at: performance.now(),
});

const input = { name: "Bench", mailboxes: { mode: "all" }, syncDirectoryFirst: false };
await app.mailboxes.sync();
const { profile } = await app.profiles.create(ProfileInput.parse(input));

/** Requests a run and works until it has ended. */
async function measureRun(): Promise<RunMeasure> {
  const { run } = await app.profiles.run(profile.id);
  await startRun(app);
  const heap = watchHeap();
  const began = Date.now();
  const before = usage();
  const after = await workUntil(() => isEnded(run.id as RunId));
  return {
    kind: "run",
    run: await app.runs.get(run.id as RunId),
    began,
    ended: began + after.at - before.at,
    wallMs: after.at - before.at,
    requestMs: after.requestMs - before.requestMs,
    cpuMs: after.cpu - before.cpu,
    mainCpuMs: after.mainCpu - before.mainCpu,
    peakRssBefore: before.rss,
    peakRss: after.rss,
    peakHeap: heap.peak(),
    storage: difference(after.storage, before.storage),
  };
}

/** Reads everything archived: verifies it, or exports it. */
async function measureRead(what: ReadWhat): Promise<ReadMeasure> {
  const before = usage();
  let peak = process.memoryUsage.rss();
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 100);
  const look = what === "verify" ? await beginVerification() : await beginExport(what);
  await workUntil(async () => !/^(pending|running)$/.test((await look()).status), "any");
  clearInterval(timer);
  const after = usage();
  return {
    kind: "read",
    ...(await look()),
    wallMs: after.at - before.at,
    cpuMs: after.cpu - before.cpu,
    peakRss: peak,
    storage: difference(after.storage, before.storage),
  };
}

async function beginVerification() {
  const { id } = await app.verify.request({ depth: "full" });
  return async () => {
    const { status, read } = await app.verify.get(id as VerificationId);
    return { status, messages: read.messages };
  };
}

async function beginExport(format: Exclude<ReadWhat, "verify">) {
  const { id } = await app.exports.create(ExportInput.parse({ format, profile: profile.id }));
  return async () => {
    const { status, exported } = await app.exports.get(id as ExportId);
    return { status, messages: exported.messages };
  };
}

/** A run of many mailboxes is closed by the timer of the minute, not by the worker of the last one. */
async function isEnded(run: RunId): Promise<boolean> {
  await app.tidy();
  return !isOpen((await app.runs.get(run)).status);
}

/** The most the garbage-collected heap and the buffers outside it held, looked at ten times a second. */
function watchHeap(): { peak(): RunMeasure["peakHeap"] } {
  const peak = { heap: 0, buffers: 0 };
  const look = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    peak.heap = Math.max(peak.heap, heapUsed);
    peak.buffers = Math.max(peak.buffers, arrayBuffers);
  };
  const timer = setInterval(look, 100);
  return {
    peak() {
      clearInterval(timer);
      return peak;
    },
  };
}

/** The first item resolves the mailboxes and sends one item for each: not part of what is measured. */
async function startRun({ work }: App): Promise<void> {
  for (;;) {
    const [item] = await take(1);
    if (item === undefined) continue;
    await work(item.text);
    await item.done();
    return;
  }
}

interface Taken {
  text: string;
  done(): Promise<unknown>;
}

async function take(most: number): Promise<Taken[]> {
  const { receivedMessageItems } = await queue.receiveMessages({
    numberOfMessages: Math.min(most, 32),
    visibilityTimeout: 3_600,
  });
  return receivedMessageItems.map(({ messageText, messageId, popReceipt }) => ({
    text: Buffer.from(messageText, "base64").toString("utf8"),
    done: () => queue.deleteMessage(messageId, popReceipt),
  }));
}

/** Keeps as many items at work as allowed until the run has ended; returns the figures of when the last one was done. */
async function workUntil(
  ended: () => Promise<boolean>,
  kinds: WorkItem["kind"] | "any" = "archive-mailbox",
): Promise<Usage> {
  const atWork = new Set<Promise<void>>();
  let atLast = usage();
  const start = (item: Taken) => {
    const { kind } = WorkItem.parse(JSON.parse(item.text));
    if (kinds !== "any" && kind !== kinds) throw new Error("an item of another run");
    const work = app.work(item.text).then(async () => {
      await item.done();
      atLast = usage();
    });
    const tracked = work.finally(() => atWork.delete(tracked));
    atWork.add(tracked);
  };
  for (;;) {
    const free = options.atOnce - atWork.size;
    const items = free > 0 ? await take(free) : [];
    for (const item of items) start(item);
    if (items.length > 0) continue;
    if (atWork.size > 0) await Promise.race([...atWork, ...(free > 0 ? [sleep(pollMs * 10)] : [])]);
    else if (await ended()) return atLast;
    else await sleep(pollMs);
  }
}

async function measureSizes(): Promise<Sizes> {
  const sizes: Sizes = { kind: "sizes", packs: 0, ledger: 0, attachments: 0, attachmentBlobs: 0 };
  for await (const { name, size } of edges.blobs.list("")) {
    if (name.includes("/packs/")) sizes.packs += size;
    else if (name.includes("/ledger/")) sizes.ledger += size;
    else {
      sizes.attachments += size;
      sizes.attachmentBlobs++;
    }
  }
  return sizes;
}

function measured(order: Order): Promise<Reply> {
  if (order.kind === "read") return measureRead(order.what);
  return order.kind === "run" ? measureRun() : measureSizes();
}

const tell = (reply: Reply) => process.send?.(reply);
process.on("message", (order: Order) => {
  measured(order).then(tell, (error: unknown) =>
    tell({ kind: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
tell({ kind: "ready" });
