// An export never looks complete when it is not: what the tables, the ledger or the blobs lack is exported all the same where
// it can be, and named where it cannot.
import { describe, expect, it } from "vitest";
import { stoppedClock } from "../../lib/adapters/memory/clock.js";
import { memoryExportStore } from "../../lib/adapters/memory/export-store.js";
import { memoryRowStore } from "../../lib/adapters/memory/row-store.js";
import { memoryWorkQueue } from "../../lib/adapters/memory/work-queue.js";
import { loadApplied, saveApplied } from "../../lib/catalog/messages.js";
import { listRow } from "../../lib/catalog/rows.js";
import { exportMail } from "../../lib/export/export-mail.js";
import { findExport } from "../../lib/export/repo.js";
import { requestExport } from "../../lib/export/request-export.js";
import { ExportInput } from "../../lib/export/selection.js";
import { attachmentPath } from "../../lib/ledger/record.js";
import { silentLog } from "../../lib/ports/log.js";
import { testStart } from "../build/a-world.js";
import { type AnArchive, anArchive, collected, keyOf } from "../build/an-archive.js";
import { hasPython, readMbox, unzipped } from "../build/an-export.js";
import { noTenants } from "../build/no-tenants.js";
import { repeatableRandom } from "../build/repeatable-random.js";

const mail = (id: string, more: object = {}) => ({
  id,
  subject: id,
  raw: Buffer.from(`Subject: ${id}\r\n\r\nhi\r\n`),
  ...more,
});

let orders = 0;

async function exported(archive: AnArchive, input: object = {}) {
  const clock = stoppedClock(testStart);
  const random = repeatableRandom(`gaps ${orders++}`);
  const machine = {
    clock,
    random,
    log: silentLog,
    queue: memoryWorkQueue(clock),
    budgetMs: 60_000,
    tenants: noTenants,
  };
  const deps = { rows: archive.rows, blobs: archive.blobs, exports: memoryExportStore(), ...machine };
  const selection = ExportInput.parse({ format: "eml-zip", mailboxes: [archive.mailbox], ...input });
  const { id } = await requestExport(selection, deps);
  expect(await exportMail(id, deps)).toEqual({ kind: "done" });
  const ended = await findExport(deps.rows, id);
  if (ended?.result === undefined) throw new Error(`the export ended ${ended?.status}`);
  const { bytes } = await collected((await deps.exports.stream(`${id}/mail.zip`)).body);
  return { ...ended, bytes, codes: ended.gaps.map(({ code }) => code) };
}

describe("tables that lag behind the ledger", () => {
  it("hide no message that was committed, and no move", async () => {
    const archive = anArchive();
    await archive.commit({ stored: [mail("a"), mail("b")] });
    const before = await loadApplied(archive.rows, archive.mailbox);
    const [c] = await archive.commit({ stored: [mail("c")] });
    const { key, receivedAt } = c ?? { key: keyOf("c"), receivedAt: "" };
    await saveApplied(archive.rows, archive.mailbox, before);
    // Half applied: the row is there, and nobody says so yet.
    expect(await exported(archive)).toMatchObject({ status: "succeeded", written: { messages: 3 }, entries: 7 });
    await archive.rows.delete("messages", { partition: archive.mailbox, row: listRow(receivedAt, key) });
    expect(await exported(archive)).toMatchObject({ status: "succeeded", written: { messages: 3 } });
    expect(await exported(archive, { keys: [key] })).toMatchObject({ status: "succeeded", written: { messages: 1 } });
    expect(await exported(archive, { to: receivedAt })).toMatchObject({ written: { messages: 0 } });
  });

  it("are not needed when they are lost", async () => {
    const archive = anArchive();
    for (const id of ["a", "b", "c"]) await archive.commit({ stored: [mail(id)] });
    const bare = { ...archive, rows: memoryRowStore() };
    expect(await exported(bare)).toMatchObject({ status: "succeeded", written: { messages: 3 } });
  });

  it("are named when they lack too much", { timeout: 30_000 }, async () => {
    const archive = anArchive();
    for (let n = 0; n < 102; n++) await archive.commit({ stored: [mail(`m${n}`)] });
    const bare = { ...archive, rows: memoryRowStore() };
    const result = await exported(bare);
    expect(result).toMatchObject({ status: "succeededWithGaps", codes: ["CATALOG_BEHIND"] });
  });

  it("are named when they have lost a row", async () => {
    const archive = anArchive();
    const [a] = await archive.commit({ stored: [mail("a"), mail("b")] });
    if (a === undefined) throw new Error("nothing stored");
    await archive.rows.delete("messages", { partition: archive.mailbox, row: listRow(a.receivedAt, a.key) });
    const result = await exported(archive);
    expect(result).toMatchObject({
      status: "succeededWithGaps",
      written: { messages: 1 },
      codes: ["CATALOG_INCOMPLETE"],
    });
  });
});

describe("what the archive lacks", () => {
  it("is named: a message that was never had", async () => {
    const archive = anArchive();
    const at = "2026-03-01T00:00:00Z";
    const owed = { kind: "quarantined" as const, id: "q", folderId: "inbox", reason: "ErrorCorrupt", attempts: 1, at };
    await archive.commit({ stored: [mail("a")], events: [owed] });
    const result = await exported(archive);
    expect(result).toMatchObject({ status: "succeededWithGaps", written: { messages: 1 }, codes: ["NOT_ARCHIVED"] });
    expect((await exported(archive, { keys: [keyOf("a")] })).status).toBe("succeeded");
    expect((await exported(archive, { folder: "another" })).status).toBe("succeeded");
  });

  it("is named: a mailbox of which nothing was archived", async () => {
    const archive = anArchive();
    const row = { displayName: "x", address: "x@contoso.example", addresses: "[]", kind: "user" };
    await archive.rows.insert("mailboxes", { partition: "default", row: archive.mailbox }, row);
    expect(await exported(archive)).toMatchObject({ status: "succeededWithGaps", codes: ["NOTHING_ARCHIVED"] });
  });
});

/** Its attachment lies outside the pack; it is too large to be checked before its first byte is written. */
function large(id: string): ReturnType<typeof mail> {
  const content = Buffer.alloc(5_000_000, id).toString("base64").replace(/.{76}/g, "$&\r\n");
  return mail(id, { raw: Buffer.from(`Subject: ${id}\r\nContent-Transfer-Encoding: base64\r\n\r\n${content}\r\n`) });
}

describe.skipIf(!hasPython)("a large message that proves damaged half way", () => {
  it.each(["eml-zip", "mbox"])(
    "is taken back out of the %s, and those around it are whole",
    { timeout: 30_000 },
    async (format) => {
      const archive = anArchive();
      const stored = await archive.commit({ stored: [mail("a"), large("good"), large("bad"), mail("z")] });
      const cut = stored[2]?.cuts[0];
      if (cut === undefined) throw new Error("nothing was cut out");
      archive.blobs.tamper(
        attachmentPath(cut.sha256),
        (await archive.blobs.get(attachmentPath(cut.sha256))).bytes.subarray(0, -9),
      );
      const result = await exported(archive, { format });
      expect(result).toMatchObject({
        status: "succeededWithGaps",
        written: { messages: 3 },
        codes: ["ARCHIVE_CORRUPT"],
      });
      const { files, index } = unzipped(result.bytes);
      expect(index.map(({ subject }) => subject).sort()).toEqual(["a", "good", "z"]);
      const sizes = index.map(({ size }) => size).sort();
      const found =
        format === "mbox"
          ? [...readMbox(files).values()].flat().map(({ length }) => length)
          : index.map(({ file }) => files.get(file)?.length ?? 0);
      expect(found.sort()).toEqual(sizes);
    },
  );
});
