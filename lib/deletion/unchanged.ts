// Asks the mailbox whether a message is still what was archived.
import { createHash } from "node:crypto";
import type { Known } from "../catalog/known.js";
import { isMailkeepError } from "../core/errors.js";
import type { FolderId, ImmutableId } from "../core/ids.js";
import type { MessageRecord } from "../pack/manifest.js";
import type { MailboxReader, MessageFacts } from "../ports/mail-source.js";
import type { Unchanged } from "../ports/mail-writer.js";
import type { KeptCause } from "../runs/deletion-counts.js";

export type Asked =
  | { kind: "unchanged"; now: Unchanged }
  /** `facts`: as it is now, where it was and chosen as before: it can be archived anew. */
  | { kind: "kept"; cause: KeptCause; facts?: MessageFacts };

export interface AskedOf {
  reader: MailboxReader;
  /** Whether the profile chooses a message with these facts, in this folder. */
  chooses(facts: MessageFacts): boolean;
}

const kept = (cause: KeptCause, facts?: MessageFacts): Asked => ({ kind: "kept", cause, ...(facts && { facts }) });

/**
 * It is unchanged when it lies in the folder that the archive knows and carries the changeKey under which its content was
 * archived. With another changeKey (somebody read or moved it since), or where Graph named none then, it must be marked as
 * it was, read or not, and its content is asked for and must be the very bytes that were archived: whether the archive has
 * heard of each change and its key does not matter then.
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
    // Where it lies now is for a round of changes to tell: folders are chosen by their paths.
    if (changeKey === undefined || folderId !== known.folderId) return kept("changed");
    if (!chooses(facts)) return kept("notChosen");
    if (!isSame(facts, message)) return kept("changed", facts);
    const now = { changeKey, folderId: folderId as FolderId };
    if (changeKey === message.changeKey) return { kind: "unchanged", now };
    const bytes = await askForBytes(id, message, reader);
    if (bytes === "same") return { kind: "unchanged", now };
    return bytes === "other" ? kept("changed", facts) : kept(bytes);
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
): Promise<"same" | "other" | "gone" | "failed"> {
  const outcome = await reader.mime(id);
  if (outcome.kind !== "mime") return outcome.kind;
  try {
    const hash = createHash("sha256");
    for await (const chunk of outcome.body.read()) hash.update(chunk);
    return hash.digest("hex") === message.sha256 ? "same" : "other";
  } finally {
    await outcome.body.dispose();
  }
}
