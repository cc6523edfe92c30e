// Can the archive be written? A small blob, a row and a work item, each by the very port that a run uses.
import { isMailkeepError, type MailkeepError } from "../core/errors.js";
import type { Random } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { Places } from "../faults/explain.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { RowStore } from "../ports/row-store.js";
import type { WorkQueue } from "../ports/work-queue.js";
import type { WorkItem } from "../work/item.js";
import { failed, ok, type Probe, type ProbeName, timed } from "./probe.js";
import { failureOf } from "./tenant-probes.js";

export interface StorageDeps {
  blobs: BlobStore;
  rows: RowStore;
  queue: WorkQueue;
  clock: Clock;
  random: Random;
  ready(): Promise<void>;
}

/** Each by itself: a missing container leaves tables and queue as they are. */
export async function probeStorage(deps: StorageDeps, places: Places): Promise<Probe[]> {
  const unready = await faultOf(deps.ready);
  const probes: [ProbeName, string, () => Promise<Probe>][] = [
    ["blob", "PUT and GET a blob", () => probeBlob(deps)],
    ["tables", "PUT, GET and DELETE a row", () => probeTables(deps)],
    ["queue", "POST a message", () => probeQueue(deps)],
  ];
  return Promise.all(
    probes.map(([name, request, run]) =>
      timed(deps.clock, async () => {
        try {
          return await run();
        } catch (error) {
          // What kept the containers from being made says more than that one of them is not there.
          const told = isMissing(error) && unready !== undefined ? unready : error;
          if (!isMailkeepError(told)) throw told;
          return failed(name, failureOf(told, request, places), deps.clock);
        }
      }),
    ),
  );
}

async function faultOf(call: () => Promise<unknown>): Promise<MailkeepError | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    if (!isMailkeepError(error)) throw error;
    return error;
  }
}

const isMissing = (error: unknown): boolean => isMailkeepError(error) && error.status === 404;

/**
 * One small blob for each hour at most, below a prefix of its own; it stays, since nothing may delete from this container.
 * That a blob is there already is only said to whoever might have written it.
 */
async function probeBlob({ blobs, clock }: StorageDeps): Promise<Probe> {
  const at = clock.now().toISOString().slice(0, 13);
  const name = `probes/${at.replace(/[^0-9]/g, "")}.txt`;
  const bytes = Buffer.from(`mailkeep wrote this in the hour ${at}Z to see whether it may\n`);
  const isNew = await blobs.putIfAbsent(name, bytes, { contentType: "text/plain" });
  const back = await blobs.get(name);
  if (Buffer.compare(back.bytes, bytes) === 0)
    return ok("blob", `${isNew ? "written" : "written within this hour"}, and read back`, { name });
  return failed("blob", { code: "PROBE_DIFFERS", detail: `${name} came back with other bytes` }, clock);
}

async function probeTables({ rows, random }: StorageDeps): Promise<Probe> {
  const key = { partition: "probe", row: random.hex(16) };
  await rows.upsert("claims", key, { probe: true });
  const back = await rows.get("claims", key);
  await rows.delete("claims", key);
  const detail = back?.values.probe === true ? "a row was written, read and deleted" : "a row was written and deleted";
  return ok("tables", detail);
}

async function probeQueue({ queue }: StorageDeps): Promise<Probe> {
  const item: WorkItem = { v: 1, kind: "probe" };
  await queue.send(JSON.stringify(item));
  return ok("queue", "a work item was sent; whoever takes it does nothing");
}
