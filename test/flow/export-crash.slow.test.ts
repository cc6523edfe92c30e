// Kills the exporter at every call it makes to the outside, before the call and after it, and goes on with another worker:
// whatever the moment, the mail that comes out is the same. And hands on when time is up, without doing anything twice.
import { beforeAll, describe, expect, it } from "vitest";
import { stoppedClock } from "../../lib/adapters/memory/clock.js";
import { memoryExportStore } from "../../lib/adapters/memory/export-store.js";
import { memoryRowStore } from "../../lib/adapters/memory/row-store.js";
import { memoryWorkQueue } from "../../lib/adapters/memory/work-queue.js";
import { sha256 } from "../../lib/core/digest.js";
import type { Export } from "../../lib/export/export.js";
import { exportMail } from "../../lib/export/export-mail.js";
import type { ExportDeps } from "../../lib/export/hand.js";
import { findExport, insertExport } from "../../lib/export/repo.js";
import { requestExport } from "../../lib/export/request-export.js";
import { ExportInput } from "../../lib/export/selection.js";
import { cancelExport, reviveExports } from "../../lib/export/show-exports.js";
import { silentLog } from "../../lib/ports/log.js";
import type { RowStore } from "../../lib/ports/row-store.js";
import { testStart } from "../build/a-world.js";
import { type AnArchive, anArchive, collected } from "../build/an-archive.js";
import { hasPython, type Unpacked, unzipped } from "../build/an-export.js";
import { noTenants } from "../build/no-tenants.js";
import { repeatableRandom } from "../build/repeatable-random.js";
import { type Fault, faulty } from "../fakes/faulty.js";

let archive: AnArchive;
const folders = ["Inbox", "Sent", "Inbox/Projects"];

beforeAll(async () => {
  archive = anArchive();
  const large = Buffer.from(`Subject: large\r\n\r\n${`From ${"x".repeat(1_100_000)}\r\n`.repeat(4)}`);
  const raws = Array.from({ length: 9 }, (_, n) => Buffer.from(`Subject: m${n}\r\n\r\nFrom ${n}\r\n`));
  for (const [n, raw] of [...raws, large].entries())
    await archive.commit({
      stored: [{ raw, id: `id-${n}`, subject: `m${n}`, folderId: `f${n % 3}`, folderPath: `/${folders[n % 3]}` }],
    });
});

interface Shop {
  deps: ExportDeps & { queue: ReturnType<typeof memoryWorkQueue>; exports: ReturnType<typeof memoryExportStore> };
  fault: Fault;
  /** The same, but dying with the fault. */
  dying: Shop["deps"];
}

function aShop(fault: Fault = { calls: 0, failAt: Number.POSITIVE_INFINITY }): Shop {
  const clock = stoppedClock(testStart);
  const deps = {
    rows: withOwnRuns(archive.rows),
    blobs: archive.blobs,
    exports: memoryExportStore(),
    queue: memoryWorkQueue(clock),
    clock,
    random: repeatableRandom("export"),
    log: silentLog,
    budgetMs: 60_000,
    stretch: { messages: 2, bytes: 1024 * 1024 },
  };
  const dying = {
    ...deps,
    rows: faulty(deps.rows, fault),
    blobs: faulty(deps.blobs, fault),
    exports: faulty(deps.exports, fault),
  };
  return { deps, fault, dying };
}

/** The archive's rows, with a table of runs of its own for each test. */
function withOwnRuns(rows: RowStore): RowStore {
  const runs = memoryRowStore();
  return new Proxy(rows, {
    get:
      (_, name) =>
      (...args: unknown[]) => {
        const store = args[0] === "runs" ? runs : rows;
        return (Reflect.get(store, name) as (...all: unknown[]) => unknown).apply(store, args);
      },
  });
}

const order = (shop: Shop, format: string) =>
  requestExport(ExportInput.parse({ format, mailboxes: [archive.mailbox] }), { ...shop.deps, tenants: noTenants });

async function finish({ id }: Pick<Export, "id">, deps: Shop["deps"]): Promise<Export> {
  for (let step = await exportMail(id, deps); step.kind === "again"; step = await exportMail(id, deps));
  return (await findExport(deps.rows, id)) as Export;
}

const bytesOf = async ({ id }: Pick<Export, "id">, { deps }: Shop) =>
  (await collected((await deps.exports.stream(`${id}/mail.zip`)).body)).bytes;

/** Everything that has to be the same however often the work was interrupted. */
const content = ({ files }: Unpacked) =>
  Object.fromEntries([...files].map(([name, bytes]) => [name.replace(/e_[0-9a-f_]+/, "e"), sha256(bytes)]));

describe.skipIf(!hasPython).each(["eml-zip", "mbox"])("an export as %s", (format) => {
  // Each way of dying with one of the formats: together they meet every step of both.
  const when = format === "mbox" ? "after" : "before";

  it(`killed ${when} any call comes out the same`, { timeout: 120_000 }, async () => {
    const reading = async (failAt: number) => {
      const shop = aShop({ calls: 0, failAt, when, dead: true });
      const { id } = await order(shop, format);
      await exportMail(id, shop.dying).catch(() => {});
      const ended = await finish({ id }, shop.deps);
      expect(ended, `killed ${when} call ${failAt}`).toMatchObject({ status: "succeeded", written: { messages: 10 } });
      const zip = await bytesOf({ id }, shop);
      expect(ended.result).toEqual({ size: zip.length, sha256: sha256(zip) });
      expect(shop.deps.exports.names().filter((name) => name.startsWith(id))).toEqual([`${id}/mail.zip`]);
      return { zip, calls: shop.fault.calls };
    };
    const calm = await reading(Number.POSITIVE_INFINITY);
    expect(calm.calls).toBeGreaterThan(40);
    const wanted = content(unzipped(calm.zip));
    expect(Object.keys(wanted).length).toBe((format === "mbox" ? 3 : 10) + 4);
    const others = new Map<string, Buffer>();
    for (let failAt = 1; failAt <= calm.calls; failAt++) {
      const { zip } = await reading(failAt);
      others.set(sha256(zip), zip);
    }
    // Blocks may be cut elsewhere, but the zip is the same to the byte, so few have to be unpacked.
    for (const zip of others.values()) expect(content(unzipped(zip))).toEqual(wanted);
  });

  it("goes on where time ran out, and writes nothing twice", { timeout: 30_000 }, async () => {
    const calm = aShop();
    const whole = await order(calm, format);
    await finish(whole, calm.deps);
    const shop = aShop();
    const { id } = await order(shop, format);
    let rounds = 1;
    // Every invocation has time for one message.
    while ((await exportMail(id, { ...shop.deps, budgetMs: 0 })).kind === "again") rounds++;
    expect(rounds).toBeGreaterThan(9);
    const ended = (await findExport(shop.deps.rows, id)) as Export;
    expect(ended).toMatchObject({ status: "succeeded", written: { messages: 10 } });
    const zip = await bytesOf({ id }, shop);
    expect(content(unzipped(zip))).toEqual(content(unzipped(await bytesOf(whole, calm))));
    const compressed = ended.blocks.reduce((sum, { count }) => sum + count, 0);
    expect(shop.deps.exports.staged()).toBe(compressed);
  });
});

/** Dies at the first block. */
const stopping = (exports: Shop["deps"]["exports"]): Shop["deps"]["exports"] => ({
  ...exports,
  stageBlock: () => Promise.reject(new Error("stopped")),
});

describe("an export in the hands of a worker", () => {
  it("is left by a worker from whom another has taken it", async () => {
    const shop = aShop();
    const { id } = await order(shop, "eml-zip");
    const stage = shop.deps.exports.stageBlock;
    let other: Promise<unknown> | undefined;
    const slow = {
      ...shop.deps,
      exports: {
        ...shop.deps.exports,
        async stageBlock(...args: Parameters<typeof stage>) {
          other ??= finish({ id }, shop.deps);
          await other;
          return stage(...args);
        },
      },
    };
    expect(await exportMail(id, slow)).toEqual({ kind: "done" });
    const ended = (await findExport(shop.deps.rows, id)) as Export;
    expect(ended).toMatchObject({ status: "succeeded", written: { messages: 10 } });
    expect(sha256(await bytesOf({ id }, shop))).toBe(ended.result?.sha256);
  });

  it("stops when it is cancelled, and leaves nothing behind", async () => {
    const shop = aShop();
    const { id } = await order(shop, "eml-zip");
    const stage = shop.deps.exports.stageBlock;
    const cancelling = {
      ...shop.deps,
      exports: {
        ...shop.deps.exports,
        async stageBlock(...args: Parameters<typeof stage>) {
          expect(await cancelExport(id, shop.deps)).toMatchObject({ status: "running", cancelRequested: true });
          return stage(...args);
        },
      },
    };
    expect(await exportMail(id, cancelling)).toEqual({ kind: "done" });
    expect(await findExport(shop.deps.rows, id)).toMatchObject({ status: "cancelled" });
    expect(shop.deps.exports.names()).toEqual([]);
    const waiting = await order(shop, "eml-zip");
    expect(await cancelExport(waiting.id, shop.deps)).toMatchObject({ status: "cancelled" });
    expect(await exportMail(waiting.id, shop.deps)).toEqual({ kind: "done" });
  });

  it("is tried again after a fault, and fails when faults go on", async () => {
    const shop = aShop();
    const { id } = await order(shop, "eml-zip");
    const broken = { ...shop.deps, exports: stopping(shop.deps.exports) };
    const waits: number[] = [];
    for (let step = await exportMail(id, broken); step.kind === "again"; step = await exportMail(id, broken))
      waits.push(step.delayMs);
    expect(waits).toEqual([5_000, 20_000, 60_000, 180_000, 300_000]);
    expect(await findExport(shop.deps.rows, id)).toMatchObject({ status: "failed", problem: { code: "UNAVAILABLE" } });
  });

  it("is sent again when the queue has lost it, and no sooner", async () => {
    const shop = aShop();
    const { id } = await order(shop, "eml-zip");
    const clock = shop.deps.clock as ReturnType<typeof stoppedClock>;
    shop.deps.queue.receive();
    await reviveExports(shop.deps);
    expect(shop.deps.queue.items()).toHaveLength(0);
    clock.advance(17 * 60_000);
    for (const _ of [1, 2]) await reviveExports(shop.deps);
    expect(shop.deps.queue.items()).toHaveLength(1);
    await finish({ id }, shop.deps);
    clock.advance(17 * 60_000);
    await reviveExports(shop.deps);
    expect(shop.deps.queue.items()).toHaveLength(1);
  });

  it("that is too large is refused before anything is written", async () => {
    const shop = aShop();
    const value = await order(shop, "eml-zip");
    const planned = { messages: 1, bytes: 33 * 1024 ** 3 };
    await insertExport(shop.deps.rows, { ...value, id: value.id.replace(/.$/, "z") as Export["id"], planned });
    const id = value.id.replace(/.$/, "z") as Export["id"];
    await shop.deps.exports.putIfAbsent(`${id}/order`, (await shop.deps.exports.get(`${value.id}/order`)).bytes, {
      contentType: "x/y",
    });
    expect(await exportMail(id, shop.deps)).toEqual({ kind: "done" });
    expect(await findExport(shop.deps.rows, id)).toMatchObject({
      status: "failed",
      problem: { code: "EXPORT_TOO_LARGE" },
    });
    expect(shop.deps.exports.staged()).toBe(0);
  });
});
