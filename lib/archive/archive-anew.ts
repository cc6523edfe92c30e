// Messages stored once more, as they are now: for a deletion rule, which takes from a mailbox only what the archive holds as
// it is there (lib/decisions/0010-changed-mail-is-archived-anew.md).
import type { Applied } from "../catalog/messages.js";
import { inParallel } from "../core/channel.js";
import { isMailkeepError } from "../core/errors.js";
import type { ImmutableId, RunId } from "../core/ids.js";
import type { LedgerRecord } from "../ledger/record.js";
import type { Claim } from "../mailboxes/claim.js";
import type { MailboxReader } from "../ports/mail-source.js";
import type { MailboxRun } from "../runs/run.js";
import type { ArchiveDeps } from "./archive-mailbox.js";
import { fetchMessage, type Wanted } from "./fetch.js";
import { withRecord } from "./progress.js";
import { openWriter } from "./writer.js";

export interface Anew {
  /** Those that are stored and committed; the others could not be had now, and nothing is said of them. */
  stored: Set<ImmutableId>;
  applied: Applied;
  /** The mailbox's part of the run with what was stored. */
  counted(part: MailboxRun): MailboxRun;
}

/** So many requests may be in flight for a mailbox. */
const atOnce = 4;

/** Needs nobody else to commit meanwhile. @throws what concerns the whole mailbox, or our storage */
export async function archiveAnew(
  changed: Wanted[],
  start: Applied,
  { run, part, claim, reader }: { run: { id: RunId }; part: MailboxRun; claim: Claim; reader: MailboxReader },
  deps: ArchiveDeps,
): Promise<Anew> {
  const leavePackMemory = deps.packMemory.enter();
  const records: LedgerRecord[] = [];
  const stored = new Set<ImmutableId>();
  let applied = start;
  const place = { mailbox: part.mailbox, run: run.id, owed: new Map(), assertOurs: () => claim.assertHeld() };
  const writer = openWriter(
    start,
    place,
    { ...deps, packBytes: deps.packMemory.share, expected: changed.length },
    {
      onCommit({ record, applied: after }) {
        applied = after;
        if (record) records.push(record);
      },
      onFailure() {}, // flush says so
    },
  );
  try {
    await inParallel(changed, atOnce, async (wanted) => {
      const fetched = await fetchAlone(wanted, { reader, attachments: deps.attachments, onArrival() {} });
      if (fetched?.kind !== "ready") return;
      await writer.store(fetched.message, fetched.skeleton);
      stored.add(wanted.message.id);
    });
    await writer.flush();
  } catch (error) {
    // No commit may still be under way once the claim is given back.
    await writer.flush().catch(() => {});
    throw error;
  } finally {
    leavePackMemory();
  }
  return {
    stored,
    applied,
    counted: (before) =>
      records.reduce((sum, record) => ({ ...withRecord(sum, record), countedSeq: record.seq }), before),
  };
}

/** What keeps this message alone from being stored stops no other; it stays in the mailbox. */
async function fetchAlone(wanted: Wanted, deps: Parameters<typeof fetchMessage>[1]) {
  try {
    return await fetchMessage(wanted, deps);
  } catch (error) {
    if (!isMailkeepError(error, "invalid", "too-large", "corrupt")) throw error;
    return undefined;
  }
}
