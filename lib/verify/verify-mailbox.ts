// Works on one mailbox of a verification for a limited time, saves how far it came, and hands on the rest.
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId, VerificationId } from "../core/ids.js";
import { type Clock, minute, second } from "../core/time.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import type { WorkQueue } from "../ports/work-queue.js";
import type { WorkItem } from "../work/item.js";
import { closeVerification } from "./close.js";
import { saveReadBack } from "./read-back.js";
import { findPart, findVerification, replacePart } from "./repo.js";
import { scan } from "./scan.js";
import { isOpen, type VerifyPart } from "./verification.js";

export interface VerifyDeps {
  blobs: BlobStore;
  rows: RowStore;
  queue: WorkQueue;
  clock: Clock;
  log: Log;
  /** After this long the work is handed on. */
  budgetMs: number;
}

/** How often progress is saved, and a wish to cancel noticed. */
const saveEveryMs = 10 * second;
/** Failed reads in sequence before a mailbox is given up: about half an hour. */
const mostFaults = 10;

/**
 * Idempotent: an item that comes twice makes two workers, of which the one that saves last goes on and the other stops. A
 * failed read ends the invocation; the same place is tried again later, and given up as `failed`, never as verified.
 */
export async function verifyMailbox(
  { verification, mailbox }: { verification: VerificationId; mailbox: MailboxId },
  deps: VerifyDeps,
): Promise<void> {
  const found = await findPart(deps.rows, verification, mailbox);
  if (found === undefined) return;
  if (isOpen(found.value.status)) {
    const worker = new Worker(found.value, found.etag, deps);
    const outcome = await worker.run();
    if (outcome === "overtaken") return;
    if (outcome !== "ended") return again(verification, mailbox, deps, outcome.delayMs);
  }
  await closeVerification(verification, deps);
}

async function again(
  verification: VerificationId,
  mailbox: MailboxId,
  { queue }: VerifyDeps,
  delayMs: number,
): Promise<void> {
  const item: WorkItem = { v: 1, kind: "verify", verification, mailbox };
  await queue.send(JSON.stringify(item), { delayMs });
}

type Outcome = "ended" | "overtaken" | { delayMs: number };

class Overtaken extends Error {}

class Worker {
  private savedAt: number;
  private readonly began: number;

  constructor(
    private part: VerifyPart,
    private etag: string,
    private readonly deps: VerifyDeps,
  ) {
    this.began = deps.clock.monotonicMs();
    this.savedAt = this.began;
  }

  async run(): Promise<Outcome> {
    try {
      if (await this.isCancelled()) return await this.end({ status: "cancelled" });
      return await this.scan();
    } catch (error) {
      if (error instanceof Overtaken) return "overtaken";
      if (isMailkeepError(error)) return this.afterFault(error.code, error.message);
      throw error;
    }
  }

  private async scan(): Promise<Outcome> {
    const { clock, budgetMs } = this.deps;
    for await (const next of scan(this.part, this.deps)) {
      this.part = { ...next, status: "running", faults: 0 };
      const now = clock.monotonicMs();
      if (now - this.began >= budgetMs) {
        await this.save();
        if (await this.isCancelled()) return this.end({ status: "cancelled" });
        return { delayMs: 0 };
      }
      if (now - this.savedAt < saveEveryMs) continue;
      await this.save();
      this.savedAt = now;
      if (await this.isCancelled()) return this.end({ status: "cancelled" });
    }
    const status = this.part.findings.count > 0 ? "findings" : "succeeded";
    await saveReadBack(this.deps.rows, this.part, clock.now());
    return this.end({ status });
  }

  private async isCancelled(): Promise<boolean> {
    const verification = (await findVerification(this.deps.rows, this.part.verification))?.value;
    return verification === undefined || verification.cancelRequested;
  }

  private async end(ending: Pick<VerifyPart, "status" | "problem">): Promise<Outcome> {
    this.part = { ...this.part, ...ending, endedAt: this.deps.clock.now().toISOString() };
    await this.save();
    return "ended";
  }

  private async save(): Promise<void> {
    this.part = { ...this.part, updatedAt: this.deps.clock.now().toISOString() };
    const etag = await replacePart(this.deps.rows, this.part, this.etag);
    if (etag === undefined) throw new Overtaken();
    this.etag = etag;
  }

  /** What was read before the fault counts; the rest waits longer each time. */
  private async afterFault(code: string, message: string): Promise<Outcome> {
    const { log } = this.deps;
    const { verification, mailbox } = this.part;
    const faults = this.part.faults + 1;
    log.warn("verification could not read", { verification, mailbox, code, faults });
    this.part = { ...this.part, faults };
    try {
      if (faults > mostFaults) {
        const problem = {
          code: code.toUpperCase().replaceAll("-", "_"),
          message: `could not be read: ${message}`.slice(0, 500),
        };
        return await this.end({ status: "failed", problem });
      }
      await this.save();
      return { delayMs: Math.min(5 * minute, 2 ** faults * 2 * second) };
    } catch (error) {
      if (error instanceof Overtaken) return "overtaken";
      throw error;
    }
  }
}
