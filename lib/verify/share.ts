// The nightly share: so many mailboxes a night, the longest unread first, that everything is read back in a set time.
import { loadApplied } from "../catalog/messages.js";
import type { MailboxId } from "../core/ids.js";
import { loadReadBack } from "./read-back.js";
import { listVerifications } from "./repo.js";
import { everyMailbox, type RequestDeps, requestVerification } from "./request.js";
import { isOpen, type Verification } from "./verification.js";

/** Every byte of the archive is read back at least once in so many nights. */
export const nightsForAll = 30;

export interface Unread {
  mailbox: MailboxId;
  /** When it was last read back, ISO 8601; empty for never. */
  at: string;
  /** Bytes of its messages. */
  bytes: number;
}

/** Pure: tonight's mailboxes, the longest unread first, until a thirtieth of all bytes and of all mailboxes is reached. */
export function planShare(all: Unread[], nights = nightsForAll): MailboxId[] {
  const bytesShare = all.reduce((sum, { bytes }) => sum + bytes, 0) / nights;
  const countShare = all.length / nights;
  const chosen: MailboxId[] = [];
  let bytes = 0;
  for (const unread of [...all].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.mailbox < b.mailbox ? -1 : 1))) {
    if (chosen.length >= countShare && bytes >= bytesShare) break;
    chosen.push(unread.mailbox);
    bytes += unread.bytes;
  }
  return chosen;
}

/** Starts tonight's share; nothing while last night's is still being read. */
export async function startShare(deps: RequestDeps): Promise<Verification | undefined> {
  const { rows, blobs } = deps;
  for await (const { trigger, status } of listVerifications(rows)) {
    if (trigger !== "schedule") continue;
    if (isOpen(status)) return undefined;
    break;
  }
  const all: Unread[] = [];
  for (const mailbox of await everyMailbox(rows, blobs)) {
    const { bytes } = await loadApplied(rows, mailbox);
    const at = (await loadReadBack(rows, mailbox))?.at ?? "";
    // A damaged row must not make tonight's share endless.
    all.push({ mailbox, at, bytes: Number.isFinite(bytes) ? bytes : 0 });
  }
  const mailboxes = planShare(all);
  return mailboxes.length === 0 ? undefined : requestVerification({ mailboxes, depth: "full" }, "schedule", deps);
}
