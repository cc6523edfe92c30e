// One message: its bytes from the mailbox, its attachments into the archive, the rest ready for a pack.
import { defined } from "../catalog/known.js";
import { textMark } from "../catalog/rows.js";
import type { Body } from "../core/body.js";
import { messageKey } from "../core/ids.js";
import { messageTurn } from "../core/own-turn.js";
import type { SkipCause } from "../core/skip-cause.js";
import type { Unplaced } from "../pack/manifest.js";
import { verifySplit } from "../pack/splice.js";
import { type Split, split, uncut } from "../pack/split.js";
import type { MailboxReader, MessageFacts } from "../ports/mail-source.js";
import type { AttachmentStore } from "./attachments.js";
import type { FolderPlace } from "./decide.js";
import { type Inquired, inquire } from "./inquire.js";

export interface Wanted {
  message: MessageFacts;
  version: number;
  folder: FolderPlace;
  /** The profile's filter asks for a size, and Exchange does not say it: why the message is not wanted, from its bytes. */
  unlessSize?: (bytes: number) => SkipCause | undefined;
  /** Fields of the filter that ask for what Graph does not say of this message. */
  unjudged?: string[];
}

export type Fetched =
  | { kind: "ready"; message: Unplaced; skeleton: Uint8Array }
  | { kind: "gone" }
  | { kind: "unwanted"; cause: SkipCause }
  | { kind: "failed"; reason: string; transient: boolean; requestId?: string };

export interface FetchDeps {
  reader: MailboxReader;
  attachments: AttachmentStore;
  /** The bytes have come: the mailbox can be read, whatever becomes of this message. */
  onArrival(): void;
}

/** Graph always says when a message was received; if it ever does not, the message is filed under the epoch. */
const unknownTime = "1970-01-01T00:00:00Z";

export async function fetchMessage(wanted: Wanted, deps: FetchDeps): Promise<Fetched> {
  const found = await completed(wanted.message, deps.reader);
  if (found.kind !== "message") return found;
  const facts = found.message;
  const outcome = await deps.reader.mime(facts.id);
  if (outcome.kind !== "mime") return outcome;
  deps.onArrival();
  try {
    await messageTurn();
    const cause = wanted.unlessSize?.(outcome.body.size);
    if (cause !== undefined) return { kind: "unwanted", cause };
    const parts = await provenSplit(outcome.body);
    for (const cut of parts.cuts) await deps.attachments.put(cut);
    return { kind: "ready", message: unplaced(facts, wanted, parts), skeleton: parts.skeleton };
  } finally {
    await outcome.body.dispose();
  }
}

/** A later delta round may carry only what changed; the archive wants all of it. */
async function completed(message: MessageFacts, reader: MailboxReader): Promise<Inquired> {
  const { receivedAt, changeKey, subject, hasNoSubject } = message;
  const isTold = subject !== undefined || hasNoSubject === true;
  if (receivedAt !== undefined && changeKey !== undefined && isTold) return { kind: "message", message };
  const asked = await inquire(reader, message.id);
  return asked.kind === "message" ? { kind: "message", message: { ...message, ...asked.message } } : asked;
}

/** What will be stored must give back the very bytes that came; where it would not, nothing is cut out. */
async function provenSplit(body: Body): Promise<Split> {
  const parts = await split(body);
  return (await verifySplit(parts, body)) ? parts : uncut(body);
}

function unplaced(facts: MessageFacts, { version, folder, unjudged }: Wanted, parts: Split): Unplaced {
  return {
    key: messageKey(facts.id, version),
    id: facts.id,
    version,
    folderId: folder.id,
    folderPath: folder.path,
    receivedAt: facts.receivedAt ?? unknownTime,
    size: parts.size,
    sha256: parts.sha256,
    fidelity: "mime",
    cuts: parts.cuts.map(({ cut }) => cut),
    ...defined({
      changeKey: facts.changeKey,
      subject: facts.subject,
      previewHash: facts.preview && textMark(facts.preview),
      from: facts.from,
      sender: facts.sender,
      to: facts.to,
      cc: facts.cc,
      bcc: facts.bcc,
      messageId: facts.internetMessageId,
      hasAttachment: facts.hasAttachments,
      isRead: facts.isRead,
      isDraft: facts.isDraft,
      flag: facts.flag,
      importance: facts.importance,
      categories: facts.categories,
      unjudged,
    }),
  };
}
