// Asks the mailbox whether a message is still what was archived.
import { createHash } from "node:crypto";
import type { Known } from "../catalog/known.js";
import { isMailkeepError } from "../core/errors.js";
import type { FolderId, ImmutableId } from "../core/ids.js";
import type { MessageRecord } from "../pack/manifest.js";
import type { MailboxReader, MessageFacts } from "../ports/mail-source.js";
import type { Unchanged } from "../ports/mail-writer.js";
import type { KeptCause } from "../runs/deletion-counts.js";

export type Asked = { kind: "unchanged"; now: Unchanged } | { kind: "kept"; cause: KeptCause };

export interface AskedOf {
  reader: MailboxReader;
  /** Whether the profile chooses a message with these facts, in this folder. */
  chooses(facts: MessageFacts): boolean;
}

const kept = (cause: KeptCause): Asked => ({ kind: "kept", cause });

/**
 * It is unchanged when it lies in the folder, and carries the changeKey, that the archive knows. Where that is not the
 * changeKey under which its content was archived (somebody read or moved it since), or Graph named none then, the content
 * itself is asked for, and must be the very bytes that were archived.
 * @throws what concerns the whole mailbox: throttled, forbidden, unauthenticated, no-mailbox, cancelled
 */
export async function askWhetherUnchanged(
  { id, known, message }: { id: ImmutableId; known: Known; message: MessageRecord },
  { reader, chooses }: AskedOf,
): Promise<Asked> {
  try {
    const facts = await reader.message(id);
    if (facts === undefined) return kept("gone");
    const { changeKey, folderId } = facts;
    if (changeKey === undefined || folderId !== known.folderId) return kept("changed");
    if (known.changeKey !== undefined && changeKey !== known.changeKey) return kept("changed");
    if (!isSame(facts, message)) return kept("changed");
    if (!chooses(facts)) return kept("notChosen");
    const now = { changeKey, folderId: folderId as FolderId };
    if (changeKey === message.changeKey) return { kind: "unchanged", now };
    return await askForBytes(id, message, reader, now);
  } catch (error) {
    if (!isMailkeepError(error, "invalid", "too-large", "unavailable")) throw error;
    return kept("failed");
  }
}

/** Read or not is no change of a message; a flag or a category says that somebody is not done with it. */
function isSame(facts: MessageFacts, message: MessageRecord): boolean {
  const same = (said: unknown, stored: unknown) =>
    said === undefined || stored === undefined || JSON.stringify(said) === JSON.stringify(stored);
  return (
    facts.id === message.id &&
    Date.parse(facts.receivedAt ?? "") === Date.parse(message.receivedAt) &&
    same(facts.subject, message.subject) &&
    same(facts.internetMessageId, message.messageId) &&
    same(facts.hasAttachments, message.hasAttachment) &&
    same(facts.isDraft, message.isDraft) &&
    same(facts.flag, message.flag) &&
    same(facts.importance, message.importance) &&
    same(facts.categories && [...facts.categories].sort(), message.categories && [...message.categories].sort())
  );
}

async function askForBytes(
  id: ImmutableId,
  message: MessageRecord,
  reader: MailboxReader,
  now: Unchanged,
): Promise<Asked> {
  const outcome = await reader.mime(id);
  if (outcome.kind === "gone") return kept("gone");
  if (outcome.kind === "failed") return kept("failed");
  try {
    const hash = createHash("sha256");
    for await (const chunk of outcome.body.read()) hash.update(chunk);
    return hash.digest("hex") === message.sha256 ? { kind: "unchanged", now } : kept("changed");
  } finally {
    await outcome.body.dispose();
  }
}
