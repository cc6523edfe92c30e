// What each mailbox's last full verification came to: when it was, and the newest record it read.
import type { MailboxId } from "../core/ids.js";
import { emptyLedger, type LedgerHead } from "../ledger/journal.js";
import type { RowStore } from "../ports/row-store.js";
import type { VerifyPart } from "./verification.js";

const partition = "readback";

export interface ReadBack {
  /** ISO 8601. */
  at: string;
  /** The newest record of the last time that nothing was found; whatever is found later does not make it forgotten. */
  head?: LedgerHead;
}

export async function saveReadBack(rows: RowStore, part: VerifyPart, now: Date): Promise<void> {
  const { mailbox, depth, scan, findings } = part;
  if (depth !== "full") return;
  const whole = { seq: scan?.at ?? 0, sha256: scan?.tip?.sha256 };
  const { seq, sha256 } = (findings.count === 0 ? whole : scan?.known) ?? emptyLedger;
  const values = { at: now.toISOString(), seq, sha256: sha256 ?? "", findings: findings.count };
  await rows.upsert("runs", { partition, row: mailbox }, values);
}

export async function loadReadBack(rows: RowStore, mailbox: MailboxId): Promise<ReadBack | undefined> {
  const values = (await rows.get("runs", { partition, row: mailbox }))?.values;
  if (values === undefined) return undefined;
  const { at, seq, sha256 } = values;
  const head = { seq: Number(seq), sha256: (sha256 || null) as LedgerHead["sha256"] };
  return { at: String(at), ...(head.seq > 0 && { head }) };
}
