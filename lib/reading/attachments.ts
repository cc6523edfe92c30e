// The attachments of one message: parsed out of its exact bytes on each request, nothing of them is stored apart.
import { createHash } from "node:crypto";
import type { Sha256 } from "../core/digest.js";
import { MailkeepError } from "../core/errors.js";
import type { MailboxId, MessageKey } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import { verified } from "./content.js";
import { openEml } from "./eml.js";
import { safeFileName, safeMediaType } from "./file-name.js";
import { mimeItems } from "./mime-parts.js";
import type { PartHead } from "./part-head.js";
import { refused } from "./refused.js";
import type { ReadingDeps } from "./stored-message.js";
import { type TransferDecoder, transferDecoder } from "./transfer-decoder.js";

/** Exchange sends at most 150 MB (https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits). */
const longestParsedBytes = 200 * 1024 * 1024;
/** Up to this size an attachment is kept from the first reading of the message; a larger one is read a second time. */
const keptBytes = 4 * 1024 * 1024;

export interface Attachment {
  /** From 1, in the order of the message. */
  number: number;
  /** Safe on any system; the header field's encoding is the caller's. */
  filename: string;
  /** What the sender said it is, without parameters; nobody has checked it. */
  contentType: string;
  size: number;
  sha256: Sha256;
  /** Meant to be seen inside the text, as pictures are. */
  inline: boolean;
  /** Content-ID without its brackets. */
  contentId?: string;
}

export interface OpenAttachment extends Attachment {
  /** The decoded bytes, to be read once. Ends with `corrupt` when they are other than `size` and `sha256` say. */
  body: AsyncIterable<Uint8Array>;
}

export interface AttachmentDeps extends ReadingDeps {
  clock: Clock;
}

/**
 * Every part that is not a body text: a text counts too when it has a file name or is marked as an attachment, and an
 * attached message is one attachment, as it is. The whole message is read and its SHA-256 checked.
 *
 * Bounds: a message of 200 MiB, 1,000 parts, multiparts nested 50 deep, 32 KiB of Content-… fields a part, 60 seconds.
 * @throws MailkeepError `not-found` (MESSAGE_NOT_FOUND), `corrupt` (ARCHIVE_CORRUPT), `too-large` (MESSAGE_TOO_COMPLEX)
 */
export async function listAttachments(
  deps: AttachmentDeps,
  mailbox: MailboxId,
  key: MessageKey,
): Promise<Attachment[]> {
  const { all } = await survey(deps, { mailbox, key });
  return all;
}

/**
 * One attachment; `number` counts from 1. Its size and hash are found by a first reading of the message; one of more than
 * 4 MiB is then read again and streamed.
 * @throws MailkeepError as {@link listAttachments}, and `not-found` (ATTACHMENT_NOT_FOUND)
 */
export async function openAttachment(
  deps: AttachmentDeps,
  mailbox: MailboxId,
  key: MessageKey,
  number: number,
): Promise<OpenAttachment> {
  const { all, kept } = await survey(deps, { mailbox, key, keep: number });
  const attachment = all.find((one) => one.number === number);
  if (attachment === undefined)
    throw new MailkeepError("not-found", `message ${key} has ${all.length} attachments and no number ${number}`, {
      reason: "ATTACHMENT_NOT_FOUND",
    });
  const body = kept === undefined ? again(deps, { mailbox, key, number }) : pieces(kept);
  const subject = `attachment ${number} of message ${key} of mailbox ${mailbox}`;
  return { ...attachment, body: verified(body, { ...attachment, subject }) };
}

interface Survey {
  all: Attachment[];
  /** The content of the attachment asked for, when it is small. */
  kept: Uint8Array[] | undefined;
}

/** Reads the whole message once. */
async function survey(
  deps: AttachmentDeps,
  { mailbox, key, keep }: { mailbox: MailboxId; key: MessageKey; keep?: number },
): Promise<Survey> {
  const all: Attachment[] = [];
  let kept: Uint8Array[] | undefined = [];
  let hash = createHash("sha256");
  let [size, keptSize] = [0, 0];
  for await (const item of attachmentItems(deps, mailbox, key)) {
    if (item.kind === "content") {
      size += item.bytes.length;
      hash.update(item.bytes);
      if (item.number !== keep) continue;
      keptSize += item.bytes.length;
      if (keptSize > keptBytes) kept = undefined;
      kept?.push(item.bytes);
    } else if (item.kind === "start") [hash, size] = [createHash("sha256"), 0];
    else all.push({ ...described(item.head, item.number), size, sha256: hash.digest("hex") as Sha256 });
  }
  return { all, kept };
}

async function* again(
  deps: AttachmentDeps,
  { mailbox, key, number }: { mailbox: MailboxId; key: MessageKey; number: number },
): AsyncGenerator<Uint8Array> {
  for await (const item of attachmentItems(deps, mailbox, key)) {
    if (item.number !== number) continue;
    if (item.kind === "end") return;
    if (item.kind === "content") yield item.bytes;
  }
}

async function* pieces(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

type AttachmentItem =
  | { kind: "start" | "end"; number: number; head: PartHead }
  | { kind: "content"; number: number; bytes: Buffer };

/** Start, decoded content and end of each attachment, in order. */
async function* attachmentItems(
  { clock, ...deps }: AttachmentDeps,
  mailbox: MailboxId,
  key: MessageKey,
): AsyncGenerator<AttachmentItem> {
  const { size, body } = await openEml(deps, mailbox, key);
  if (size > longestParsedBytes) throw refused(`the message has ${size} bytes`);
  let number = 0;
  let open: { head: PartHead; decoder: TransferDecoder } | undefined;
  const close = function* (): Iterable<AttachmentItem> {
    if (open === undefined) return;
    yield { kind: "content", number, bytes: open.decoder.end() };
    yield { kind: "end", number, head: open.head };
  };
  for await (const item of mimeItems(body, clock)) {
    if (item.kind === "content") {
      if (open !== undefined) yield { kind: "content", number, bytes: open.decoder.push(item.bytes) };
      continue;
    }
    yield* close();
    open = isAttachment(item.head) ? { head: item.head, decoder: transferDecoder(item.head.encoding) } : undefined;
    if (open !== undefined) yield { kind: "start", number: ++number, head: open.head };
  }
  yield* close();
}

const bodyTexts = new Set(["text/plain", "text/html", ""]);

function isAttachment({ contentType, disposition, filename }: PartHead): boolean {
  return !bodyTexts.has(contentType) || Boolean(filename) || (disposition !== "" && disposition !== "inline");
}

function described(head: PartHead, number: number): Omit<Attachment, "size" | "sha256"> {
  const { disposition, contentId } = head;
  const contentType = safeMediaType(head.contentType);
  const extension = contentType === "message/rfc822" ? ".eml" : "";
  return {
    number,
    filename: safeFileName(head.filename, `attachment-${number}${extension}`),
    contentType,
    inline: disposition === "inline" || (disposition === "" && contentId !== undefined),
    ...(contentId !== undefined && { contentId: contentId.slice(0, 500) }),
  };
}
