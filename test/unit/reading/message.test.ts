import { expect, it } from "vitest";
import { isMailkeepError } from "../../../lib/core/errors.js";
import { ledgerName } from "../../../lib/ledger/record.js";
import { readMessage } from "../../../lib/reading/message.js";
import { anArchive, keyOf } from "../../build/an-archive.js";
import { aMail, seeded } from "../pack/seeded.js";

const raw = Buffer.from("Subject: x\r\n\r\nx");
const missing = (error: unknown) => isMailkeepError(error, "not-found") && error.reason === "MESSAGE_NOT_FOUND";

it("tells where a message lies, and how many cuts it has", async () => {
  const archive = anArchive();
  const random = seeded(1);
  const mail = aMail(random, [random.bytes(9_000), random.bytes(20_000)]);
  const [, record] = await archive.commit({ stored: [{ raw }, { raw: mail, id: "a", changeKey: "c1" }] });
  const detail = await readMessage(archive, archive.mailbox, keyOf("a"));
  expect(detail).toMatchObject({
    key: keyOf("a"),
    newestKey: keyOf("a"),
    changeKey: "c1",
    fidelity: "mime",
    cuts: 2,
    entry: record?.entry,
    seq: 1,
    sha256: record?.sha256,
    size: mail.length,
  });
});

it("has all recipients, also those too many for a row", async () => {
  const archive = anArchive();
  const to = Array.from({ length: 500 }, (_, n) => ({ name: `Person ${n}`, email: `person${n}@contoso.com` }));
  const subject = "s".repeat(3_000);
  await archive.commit({ stored: [{ raw, id: "a", to, subject, cc: [{ email: "c@d" }] }] });
  const detail = await readMessage(archive, archive.mailbox, keyOf("a"));
  expect(detail).toMatchObject({ to, subject, cc: [{ email: "c@d" }] });
});

it("finds earlier versions and says where their message is now", async () => {
  const archive = anArchive();
  const version = (n: number, receivedAt: string) => ({ raw, id: "a", version: n, receivedAt, isDraft: true });
  await archive.commit({ stored: [version(1, "2026-01-01T00:00:00Z")] });
  await archive.commit({ stored: [version(2, "2026-01-02T00:00:00Z")] });
  const receivedAt = "2026-01-02T00:00:00Z";
  await archive.commit({
    events: [
      { kind: "folder", folderId: "sent", path: "/Sent" },
      { kind: "moved", key: keyOf("a", 2), receivedAt, from: "inbox", to: "sent", toPath: "/Sent" },
      { kind: "removed", key: keyOf("a", 2), receivedAt, from: "sent", at: "2026-02-01T00:00:00Z" },
    ],
  });
  expect(await readMessage(archive, archive.mailbox, keyOf("a"))).toMatchObject({
    version: 1,
    newestKey: keyOf("a", 2),
    folderPath: "/Sent",
    removedAtSourceAt: "2026-02-01T00:00:00Z",
  });
});

it("says not-found for a message, version or mailbox that is not there", async () => {
  const archive = anArchive();
  await archive.commit({ stored: [{ raw, id: "a" }] });
  await expect(readMessage(archive, archive.mailbox, keyOf("b"))).rejects.toSatisfy(missing);
  await expect(readMessage(archive, archive.mailbox, keyOf("a", 2))).rejects.toSatisfy(missing);
  await expect(readMessage(archive, "other" as typeof archive.mailbox, keyOf("a"))).rejects.toSatisfy(missing);
});

it("does not take a lost ledger record for a message without recipients", async () => {
  const archive = anArchive();
  const to = Array.from({ length: 500 }, (_, n) => ({ name: `Person ${n}`, email: `person${n}@contoso.com` }));
  await archive.commit({ stored: [{ raw, id: "a", to }] });
  archive.blobs.tamper(ledgerName(archive.mailbox, 1), undefined);
  const read = readMessage(archive, archive.mailbox, keyOf("a"));
  await expect(read).rejects.toSatisfy((e) => isMailkeepError(e, "corrupt") && e.reason === "ARCHIVE_CORRUPT");
});
