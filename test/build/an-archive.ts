// An archive of one mailbox in memory, written with the same parts as the real one and without a tenant to read from.
import { memoryBlobStore } from "../../lib/adapters/memory/blob-store.js";
import { memoryRowStore } from "../../lib/adapters/memory/row-store.js";
import { bringUpToDate } from "../../lib/catalog/replay.js";
import { memoryBody } from "../../lib/core/body.js";
import { type ImmutableId, MailboxId, type MessageKey, messageKey } from "../../lib/core/ids.js";
import { appendRecord, emptyLedger } from "../../lib/ledger/journal.js";
import { attachmentPath, type LedgerEvent, packName, packPath } from "../../lib/ledger/record.js";
import { encodeAttachment } from "../../lib/pack/attachment.js";
import type { MessageRecord, Unplaced } from "../../lib/pack/manifest.js";
import { split } from "../../lib/pack/split.js";
import { openPack } from "../../lib/pack/writer.js";

export type StoredMail = Partial<Omit<Unplaced, "key" | "size" | "sha256" | "cuts">> & { raw: Uint8Array };

export interface Commit {
  stored?: StoredMail[];
  events?: LedgerEvent[];
  time?: string;
}

export interface AnArchive {
  mailbox: MailboxId;
  rows: ReturnType<typeof memoryRowStore>;
  blobs: ReturnType<typeof memoryBlobStore>;
  /** Writes one ledger record, its pack and the rows that follow; gives the records of its messages. */
  commit(commit: Commit): Promise<MessageRecord[]>;
}

export const keyOf = (id: string, version = 1): MessageKey => messageKey(id as ImmutableId, version);

export function anArchive(): AnArchive {
  const mailbox = MailboxId.parse("0f6a2b1c-1111-4222-8333-444455556666");
  const rows = memoryRowStore();
  const blobs = memoryBlobStore();
  let head = emptyLedger;

  async function pack(mails: StoredMail[]) {
    if (mails.length === 0) return undefined;
    const open = openPack();
    for (const { raw, ...facts } of mails) {
      const { skeleton, cuts, size, sha256 } = await split(memoryBody(raw));
      for (const { cut, bytes } of cuts) {
        const encoded = await encodeAttachment(bytes ?? new Uint8Array());
        await blobs.putIfAbsent(attachmentPath(cut.sha256), encoded.bytes, { contentType: "x/y", ...encoded });
      }
      const id = facts.id ?? `id-${head.seq + 1}-${open.count}`;
      const version = facts.version ?? 1;
      const told: Unplaced = {
        folderId: "inbox",
        folderPath: "/Inbox",
        receivedAt: "2026-03-01T10:00:00Z",
        fidelity: "mime",
        ...facts,
        id,
        version,
        key: keyOf(id, version),
        size,
        sha256,
        cuts: cuts.map(({ cut }) => cut),
      };
      await open.add(told, skeleton);
    }
    return open.seal();
  }

  return {
    mailbox,
    rows,
    blobs,
    async commit({ stored = [], events = [], time = "2026-03-02T00:00:00.000Z" }) {
      const seq = head.seq + 1;
      const sealed = await pack(stored);
      const name = sealed && packName(seq, sealed.sha256);
      if (sealed && name) await blobs.putIfAbsent(packPath(mailbox, name), sealed.bytes, { contentType: "x/zip" });
      head = await appendRecord(blobs, {
        format: "mailkeep-ledger",
        formatVersion: 1,
        mailbox,
        seq,
        previous: head.sha256,
        pack:
          sealed && name
            ? { name, sha256: sealed.sha256, size: sealed.bytes.length, merkleRoot: sealed.merkleRoot }
            : null,
        stored: sealed?.stored ?? [],
        events,
        cursors: [],
        run: "r_test",
        time,
        program: "test",
      });
      await bringUpToDate(mailbox, { rows, blobs });
      return sealed?.stored ?? [];
    },
  };
}

/** The stream's bytes, and how long the longest piece was. */
export async function collected(body: AsyncIterable<Uint8Array>): Promise<{ bytes: Buffer; longest: number }> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(Uint8Array.from(piece));
  return { bytes: Buffer.concat(pieces), longest: Math.max(0, ...pieces.map(({ length }) => length)) };
}
