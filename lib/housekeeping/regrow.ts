// Tables grown anew from the ledgers alone: of every mailbox in the container, also of those that have left the tenant and
// that no run will ever meet again. Changes nothing in the archive, so it needs no plan to be applied.
import { loadApplied } from "../catalog/messages.js";
import { bringUpToDate } from "../catalog/replay.js";
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { readRecord } from "../ledger/journal.js";
import { packPath } from "../ledger/record.js";
import { type Claim, takeClaim } from "../mailboxes/claim.js";
import { mostItems } from "./housekeeping.js";
import { mailboxRow, saveItem } from "./repo.js";
import { archivedMailboxes } from "./settled.js";
import type { HousekeepingDeps, Step, Stretch } from "./worker.js";

type OnMailbox = (mailbox: MailboxId, stretch: Stretch, deps: HousekeepingDeps) => Promise<"dealt with" | "time is up">;

/** What would be regrown: the mailboxes whose ledger has records that the tables do not know. */
export const planRegrow = (stretch: Stretch, deps: HousekeepingDeps): Promise<Step> => through(stretch, deps, note);

export const applyRegrow = (stretch: Stretch, deps: HousekeepingDeps): Promise<Step> => through(stretch, deps, regrow);

/** Mailbox after mailbox in the order of their ids; where it stopped, the next stretch goes on. */
async function through(stretch: Stretch, deps: HousekeepingDeps, onMailbox: OnMailbox): Promise<Step> {
  const { mailboxes } = stretch.current();
  for (const mailbox of await archivedMailboxes(deps.blobs)) {
    if (mailbox <= stretch.current().at.after || mailboxes?.includes(mailbox) === false) continue;
    if (stretch.timeIsUp() || (await onMailbox(mailbox, stretch, deps)) === "time is up")
      return { kind: "again", delayMs: 0 };
    stretch.change({ at: { phase: "mailboxes", after: mailbox }, faults: 0 });
    await stretch.save();
  }
  stretch.change({ at: { phase: "done", after: "" } });
  return { kind: "done" };
}

/** Tables that know more than the container are not behind, but wrong: regrowing says so. */
async function isBehind(mailbox: MailboxId, { rows, blobs }: HousekeepingDeps): Promise<boolean> {
  const { head } = await loadApplied(rows, mailbox);
  if ((await readRecord(blobs, mailbox, head.seq + 1)) !== undefined) return true;
  return head.seq > 0 && (await readRecord(blobs, mailbox, head.seq))?.head.sha256 !== head.sha256;
}

const note: OnMailbox = async (mailbox, stretch, deps) => {
  const { id, found } = stretch.current();
  if (!(await isBehind(mailbox, deps).catch(whenDamaged))) return "dealt with";
  if (found.count >= mostItems) stretch.change({ truncated: true });
  else
    await saveItem(deps.rows, id, {
      row: mailboxRow(mailbox),
      kind: "mailbox",
      name: packPath(mailbox, ""),
      size: 0,
      mailbox,
      why: "behind",
      state: "planned",
    });
  stretch.change({ found: { count: found.count + 1, bytes: 0 } });
  return "dealt with";
};

class TimeIsUp extends Error {}

const regrow: OnMailbox = async (mailbox, stretch, deps) => {
  if (!(await isBehind(mailbox, deps).catch(whenDamaged))) return "dealt with";
  const attempt = await takeClaim(mailbox, deps);
  if (attempt.kind === "held") return leave("held", stretch);
  const { bytes: before } = await loadApplied(deps.rows, mailbox);
  const add = async () => {
    const { bytes } = await loadApplied(deps.rows, mailbox);
    const { found, at } = stretch.current();
    const count = found.count + (at.begun === mailbox ? 0 : 1);
    stretch.change({ found: { count, bytes: found.bytes + bytes - before }, at: { ...at, begun: mailbox } });
  };
  try {
    await bringUpToDate(mailbox, deps, () => assertGoesOn(stretch, attempt.claim));
    await add();
    return "dealt with";
  } catch (error) {
    if (error instanceof TimeIsUp) {
      await add();
      return "time is up";
    }
    // One damaged ledger keeps nobody else's mail from being found again; a verification names the damage.
    if (isMailkeepError(error, "corrupt")) return leave("damaged", stretch);
    throw error;
  } finally {
    await attempt.claim.release(attempt.claim.history);
  }
};

/** What cannot be read as a ledger is regrown, to be refused there in its own words. */
function whenDamaged(error: unknown): boolean {
  if (isMailkeepError(error, "corrupt")) return true;
  throw error;
}

/** Each record applied is durable by itself, so the next stretch begins behind the last one. */
function assertGoesOn(stretch: Stretch, claim: Claim): void {
  claim.assertHeld();
  if (stretch.timeIsUp()) throw new TimeIsUp();
}

function leave(why: string, stretch: Stretch): "dealt with" {
  const { kept } = stretch.current();
  stretch.change({ kept: { ...kept, [why]: (kept[why] ?? 0) + 1 } });
  return "dealt with";
}
