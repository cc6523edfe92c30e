// The plan of a repacking: for each mailbox the small packs that would be joined. Writes nothing to the archive.
import type { MailboxId } from "../core/ids.js";
import { packPath } from "../ledger/record.js";
import { type Item, mostItems } from "./housekeeping.js";
import { LivePacks } from "./joinable.js";
import { readLedger } from "./read-ledger.js";
import { mailboxRow, saveItem } from "./repo.js";
import { archivedMailboxes } from "./settled.js";
import type { HousekeepingDeps, Step, Stretch } from "./worker.js";

export async function planRepack(stretch: Stretch, deps: HousekeepingDeps): Promise<Step> {
  const { mailboxes } = stretch.current();
  for (const mailbox of await archivedMailboxes(deps.blobs)) {
    if (mailbox <= stretch.current().at.after || mailboxes?.includes(mailbox) === false) continue;
    if (stretch.timeIsUp()) return { kind: "again", delayMs: 0 };
    await planMailbox(mailbox, stretch, deps);
    stretch.change({ at: { ...stretch.current().at, after: mailbox }, faults: 0 });
    await stretch.save();
  }
  stretch.change({ at: { phase: "done", after: "" } });
  return { kind: "done" };
}

async function planMailbox(mailbox: MailboxId, stretch: Stretch, deps: HousekeepingDeps): Promise<void> {
  const live = new LivePacks();
  const head = await readLedger(deps.blobs, mailbox, (record) => live.add(record));
  const groups = live.groups(head.seq);
  const packs = groups.flat();
  if (packs.length === 0) return;
  const { id, found, made } = stretch.current();
  if (found.count >= mostItems) return stretch.change({ truncated: true });
  const size = packs.reduce((sum, pack) => sum + pack.size, 0);
  const item: Item = {
    row: mailboxRow(mailbox),
    kind: "mailbox",
    name: packPath(mailbox, ""),
    size,
    mailbox,
    why: "small",
    packs: packs.length,
    into: groups.length,
    messages: packs.reduce((sum, { messages }) => sum + messages, 0),
    seq: head.seq,
    state: "planned",
  };
  await saveItem(deps.rows, id, item);
  stretch.change({
    found: { count: found.count + packs.length, bytes: found.bytes + size },
    made: { count: made.count + groups.length, bytes: made.bytes + size },
  });
}
