// Makes the archive that lies frozen in test/golden/archive: three messages of one mailbox in two commits, laid out as in
// the container. The frozen bytes are never written again; today's program must read them, and mean the same by its own.
import { memoryBody } from "../../lib/core/body.js";
import type { Sha256 } from "../../lib/core/digest.js";
import type { ImmutableId, MailboxId } from "../../lib/core/ids.js";
import { messageKey } from "../../lib/core/ids.js";
import { encodeRecord } from "../../lib/ledger/codec.js";
import { attachmentPath, type LedgerRecord, ledgerName, packName, packPath } from "../../lib/ledger/record.js";
import { encodeAttachment } from "../../lib/pack/attachment.js";
import type { Unplaced } from "../../lib/pack/manifest.js";
import { verifySplit } from "../../lib/pack/splice.js";
import { split } from "../../lib/pack/split.js";
import { openPack } from "../../lib/pack/writer.js";
import { base64Lines, seeded } from "../unit/pack/seeded.js";

export const mailbox = "0f5c7a3e-1111-4222-8333-444455556666" as MailboxId;

export interface GoldenMessage {
  record: Omit<Unplaced, "size" | "sha256" | "cuts">;
  raw: Buffer;
}

const random = seeded(2026);
const picture = random.bytes(5000);
const table = Buffer.from(Array.from({ length: 300 }, (_, row) => `${row};Widget ${row % 7};${row * 3}.00\r\n`).join(""));

function withAttachment(subject: string, content: Buffer, eol: string, lineLength: number): Buffer {
  const head = ["From: Anna <anna@contoso.com>", "To: Ben <ben@contoso.com>", `Subject: ${subject}`, "MIME-Version: 1.0"];
  const part = ["Content-Type: application/octet-stream; name=a.bin", "Content-Transfer-Encoding: base64", ""];
  return Buffer.from([...head, ...part, base64Lines(content, lineLength, eol)].join(eol), "utf8");
}

const about = (index: number, subject: string): GoldenMessage["record"] => ({
  key: messageKey(`AAkALgAAgolden${index}` as ImmutableId),
  id: `AAkALgAAgolden${index}`,
  changeKey: "CQAAABYA",
  version: 1,
  folderId: "AQMkAGinbox",
  folderPath: "/Inbox",
  receivedAt: `2026-03-0${index}T10:00:00Z`,
  subject,
  from: { name: "Anna", email: "anna@contoso.com" },
  to: [{ name: "Ben", email: "ben@contoso.com" }],
  messageId: `<${index}@contoso.com>`,
  hasAttachment: index < 3,
  isRead: index === 1,
  categories: [],
  fidelity: "mime",
});

/** The first two carry the same picture, once in CRLF and 76 digits, once in LF, 60 digits and no last line ending. */
export const commits: GoldenMessage[][] = [
  [
    { record: about(1, "Grüße"), raw: Buffer.concat([withAttachment("Grüße", picture, "\r\n", 76), Buffer.from("\r\n")]) },
    { record: about(2, "Same picture"), raw: withAttachment("Same picture", picture, "\n", 60) },
  ],
  [{ record: about(3, "A table"), raw: Buffer.concat([withAttachment("A table", table, "\r\n", 76), Buffer.from("\r\n\r\n")]) }],
];

/** Name in the container → stored bytes. */
export async function buildArchive(): Promise<Map<string, Uint8Array>> {
  const blobs = new Map<string, Uint8Array>();
  let previous: Sha256 | null = null;
  for (const [index, messages] of commits.entries()) {
    const pack = openPack();
    for (const { record, raw } of messages) {
      const body = memoryBody(raw);
      const { size, sha256: hash, skeleton, cuts } = await split(body);
      if (!(await verifySplit({ size, sha256: hash, skeleton, cuts }, body))) throw new Error("not exact");
      for (const { cut, bytes = new Uint8Array() } of cuts)
        blobs.set(attachmentPath(cut.sha256), (await encodeAttachment(bytes)).bytes);
      await pack.add({ ...record, size, sha256: hash, cuts: cuts.map(({ cut }) => cut) }, skeleton);
    }
    const seq = index + 1;
    const { bytes, sha256: hash, merkleRoot, stored } = await pack.seal();
    const name = packName(seq, hash);
    blobs.set(packPath(mailbox, name), bytes);
    const record: LedgerRecord = {
      format: "mailkeep-ledger",
      formatVersion: 1,
      mailbox,
      seq,
      previous,
      pack: { name, sha256: hash, size: bytes.length, merkleRoot },
      stored,
      events: seq === 1 ? [{ kind: "folder", folderId: "AQMkAGinbox", path: "/Inbox" }] : [],
      cursors: [{ profile: "p_00000000000000aa", folderId: "AQMkAGinbox", link: "https://example.com/delta", kind: "delta" }],
      run: "r_8226000000000_0000000a",
      time: `2026-03-0${seq}T11:00:00.000Z`,
      program: "0.1.0",
    };
    const encoded = encodeRecord(record);
    previous = encoded.sha256;
    blobs.set(ledgerName(mailbox, seq), encoded.bytes);
  }
  return blobs;
}
