// Deals with a chunk of candidates: prove, ask, take from the run's cap, delete. Whatever is left gets its cause.
import type { Applied } from "../catalog/messages.js";
import { type FolderId, messageKey } from "../core/ids.js";
import { second } from "../core/time.js";
import type { MessageRecord } from "../pack/manifest.js";
import type { MessageFacts } from "../ports/mail-source.js";
import type { MailboxWriter, Unchanged } from "../ports/mail-writer.js";
import {
  type DeletionCounts,
  type KeptCause,
  type RunDeletion,
  withDeleted,
  withKept,
} from "../runs/deletion-counts.js";
import type { Problem } from "../runs/run.js";
import { allAnswers } from "./all-answers.js";
import { takeAllowance } from "./allowance.js";
import type { Candidate, Circumstances } from "./candidates.js";
import type { DeletionDeps, DeletionStage, Progress } from "./delete-after-archive.js";
import type { DeletedPlaces, Intent, Journal } from "./intents.js";
import { type ListedDeletion, listDeletions } from "./listing.js";
import { type CheckedLedger, checkLedger, type Damage, prover } from "./proof.js";
import { type Removed, removeBatch } from "./remove-batch.js";
import { askWhetherUnchanged } from "./unchanged.js";

export interface WorkParts {
  stage: DeletionStage;
  deletion: RunDeletion;
  /** `blocked` is set when nothing more may be deleted. */
  around: Circumstances;
  journal: Journal;
  places: DeletedPlaces;
  progress: Progress;
  interrupted: ReadonlySet<string>;
  /** Where the ledger was when the work began. */
  start: Applied;
}

/** Proven and unchanged. */
interface Ready {
  candidate: Candidate;
  message: MessageRecord;
  now: Unchanged;
}

export class DeletionWork {
  #ledger: Promise<CheckedLedger | Damage> | undefined;
  #prover: ReturnType<typeof prover> | undefined;
  #writer: MailboxWriter | undefined;
  /** Left for a cause since progress was last brought together with the place in the catalog. */
  #kept = new Map<KeptCause, number>();
  #listed: ListedDeletion[] = [];
  /** To be archived as they are now. */
  #changed: { candidate: Candidate; facts: MessageFacts }[] = [];

  constructor(
    private readonly parts: WorkParts,
    private readonly deps: DeletionDeps,
  ) {}

  keep(cause: KeptCause, count = 1): void {
    this.#kept.set(cause, (this.#kept.get(cause) ?? 0) + count);
  }

  /** The counts with everything that was left since the last time. */
  withKept(counts: DeletionCounts): DeletionCounts {
    let next = counts;
    for (const [cause, count] of this.#kept) next = withKept(next, cause, count);
    this.#kept = new Map();
    return next;
  }

  async dealWith(chunk: Candidate[]): Promise<void> {
    const { around, deletion, stage } = this.parts;
    if (around.blocked !== undefined) return this.keep(around.blocked, chunk.length);
    const ready = await this.#ready(chunk);
    const { maxPerRun: most, dryRun } = deletion.rule;
    const granted = await takeAllowance(this.deps.rows, stage.run.id, { wanted: ready.length, most });
    if (granted < ready.length) {
      this.keep("capSpent", ready.length - granted);
      around.blocked = "capSpent";
    }
    const taken = ready.slice(0, granted);
    if (dryRun) this.#wouldDelete(taken);
    else if (taken.length > 0) await this.#delete(taken);
    await this.#writeListed();
  }

  /**
   * What was kept as changed is archived as it is now, and its grace days begin anew: otherwise it would be kept for ever, for
   * Exchange renders a message anew each time it is asked.
   */
  async archiveChanged(): Promise<void> {
    const { stage, around, journal, progress } = this.parts;
    const changed = this.#changed;
    this.#changed = [];
    if (changed.length === 0) return;
    const wanted = changed.map(({ candidate: { known }, facts }) => {
      const folder = { id: known.folderId, path: around.folders.get(known.folderId as FolderId) ?? "" };
      return { message: facts, version: known.version + 1, folder };
    });
    const { stored, applied, counted } = await stage.anew(wanted, journal.applied);
    journal.goOnFrom(applied);
    progress.archived(counted);
    for (const { candidate } of changed) {
      if (!stored.has(candidate.id)) continue;
      around.archivedAnew.add(messageKey(candidate.id, candidate.known.version + 1));
      this.#list(candidate, { outcome: "kept", cause: "changed", code: "ARCHIVED_ANEW", detail: archivedAnew });
    }
    await progress.save();
    await this.#writeListed();
  }

  async #ready(chunk: Candidate[]): Promise<Ready[]> {
    const ledger = await this.#checkedLedger();
    if ("code" in ledger) {
      this.parts.around.blocked = "damaged";
      this.#damaged(chunk, ledger);
      return [];
    }
    this.#prover ??= prover(this.deps.blobs, this.parts.stage.part.mailbox, ledger);
    const proven: { candidate: Candidate; message: MessageRecord }[] = [];
    for (const candidate of chunk) {
      if (ledger.deleted.has(candidate.key)) this.#leave(candidate, "deletedBefore");
      else {
        const proof = await this.#prover.prove(candidate);
        if (proof.kind === "proven") proven.push({ candidate, message: proof.message });
        else this.#damaged([candidate], proof);
      }
    }
    const { reader, chooses } = this.parts.stage;
    const asked = await allAnswers(
      proven.map(({ candidate: { id, known }, message }) =>
        askWhetherUnchanged({ id, known, message }, { reader, chooses }),
      ),
    );
    return asked.flatMap((answer, index) => {
      const one = proven[index] as (typeof proven)[number];
      if (answer.kind === "unchanged") return [{ ...one, now: answer.now }];
      this.#leave(one.candidate, answer.cause);
      if (answer.facts !== undefined) this.#changed.push({ candidate: one.candidate, facts: answer.facts });
      return [];
    });
  }

  #checkedLedger(): Promise<CheckedLedger | Damage> {
    const { start, stage } = this.parts;
    this.#ledger ??= checkLedger(this.deps.blobs, stage.part.mailbox, start.head);
    return this.#ledger;
  }

  #wouldDelete(ready: Ready[]): void {
    const messages = ready.map(({ message: { key, size } }) => ({ key, size }));
    this.parts.progress.change((counts) => withDeleted(counts, "wouldDelete", messages));
    for (const { candidate } of ready) this.#list(candidate, { outcome: "wouldDelete" });
  }

  async #delete(ready: Ready[]): Promise<void> {
    const { journal, places, interrupted, progress } = this.parts;
    const intents = ready.map((one) => this.#intentOf(one));
    const byKey = new Map(ready.map(({ candidate }) => [candidate.key as string, candidate]));
    const candidateOf = ({ key }: Intent) => byKey.get(key) as Candidate;
    const onIntents = async () => {
      for (const intent of intents) this.#list(candidateOf(intent), { outcome: "deleting" });
      await this.#writeListed();
    };
    const { clock } = this.deps;
    const writer = this.#openWriter();
    const { removed, record, fault } = await removeBatch(intents, {
      journal,
      writer,
      places,
      interrupted,
      clock,
      onIntents,
    });
    for (const one of removed) this.#told(one, candidateOf(one.intent));
    const receipts = removed.filter(({ end }) => end === "deleted").map(({ intent }) => intent);
    progress.counted(record?.seq ?? journal.applied.head.seq, receipts);
    await progress.save();
    await this.#writeListed();
    if (fault !== undefined) throw fault;
  }

  #told({ end }: Removed, candidate: Candidate): void {
    if (end === "deleted") {
      this.#list(candidate, { outcome: "deleted" });
      return;
    }
    this.#leave(candidate, end.cause, end.code);
    if (end.cause !== "refused") return;
    // What is refused once is refused for the whole mailbox.
    this.parts.around.blocked = "refused";
    this.parts.progress.problem(refused(end.code ?? "DELETION_REFUSED"));
  }

  #intentOf({ message, now }: Ready): Intent {
    const { deletion, stage } = this.parts;
    const { key, receivedAt, id, sha256, size } = message;
    return {
      kind: "deleting",
      key,
      receivedAt,
      id,
      action: deletion.rule.action,
      folderId: now.folderId,
      changeKey: now.changeKey,
      sha256,
      size,
      rule: deletion.hash,
      run: stage.run.id,
    };
  }

  #openWriter(): MailboxWriter {
    const { settings, part, claim } = this.parts.stage;
    const writer = this.deps.tenant.writer;
    if (writer === undefined) throw new Error("a deletion was begun without an identity that may write");
    this.#writer ??= writer.open(part.mailbox, {
      history: claim.history,
      signal: claim.signal,
      requestTimeoutMs: settings.requestTimeoutSeconds * second,
    });
    return this.#writer;
  }

  #damaged(candidates: Candidate[], { code, detail }: Damage): void {
    for (const candidate of candidates) {
      this.keep("damaged");
      this.#list(candidate, { outcome: "kept", cause: "damaged", code, detail });
    }
    const message = `what the archive cannot prove is not deleted: ${code}: ${detail}; POST /verify names all of it`;
    this.parts.progress.problem({ code: "ARCHIVE_DAMAGED", message });
  }

  #leave(candidate: Candidate, cause: KeptCause, code?: string): void {
    this.keep(cause);
    this.#list(candidate, { outcome: "kept", cause, ...(code !== undefined && { code }) });
  }

  #list({ key, id, row }: Candidate, what: Pick<ListedDeletion, "outcome" | "cause" | "code" | "detail">): void {
    const at = this.deps.clock.now().toISOString();
    this.#listed.push({ mailbox: this.parts.stage.part.mailbox, key, id, size: Number(row.size), at, ...what });
  }

  async #writeListed(): Promise<void> {
    const listed = this.#listed;
    this.#listed = [];
    await listDeletions(this.deps.rows, this.parts.stage.run.id, listed);
  }
}

const archivedAnew =
  "it had changed since it was archived; the archive has it as it is now, and its grace days begin anew";

/** Access denied is said to the second identity here: what the first may read is not in question. */
function refused(code: string): Problem {
  const message = `Graph refused to delete (${code}); nothing more of this mailbox was tried`;
  return { code: code === "ErrorAccessDenied" ? "WRITER_RIGHT_MISSING" : code, message };
}
