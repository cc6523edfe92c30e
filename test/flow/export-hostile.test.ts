// Mail whose names, senders and bytes are made to do harm, and mail as it is found: it comes out whole and harmless.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sha256 } from "../../lib/core/digest.js";
import { ExportInput } from "../../lib/export/selection.js";
import { aWorld } from "../build/a-world.js";
import { anArchive, type StoredMail } from "../build/an-archive.js";
import { hasPython, python, readMbox, unpacked } from "../build/an-export.js";

const subjects = [
  "../../../../etc/passwd",
  "..\\..\\autorun.inf",
  "CON",
  "NUL.txt",
  '=HYPERLINK("http://evil.example","click")',
  "+cmd|' /C calc'!A0",
  "@SUM(1)",
  "x".repeat(300),
  "\u202Exe.cod invoice",
  'two\r\nlines, "quoted"',
  "…👨‍👩‍👧‍👦…".repeat(30),
  "",
  "same",
  "same",
  "same",
];
const folders = ["/Inbox", "/inbox", "/In:box", "/In?box", "/CON", "/..", "/a\\/b", "/Inbox.mbox/x", "/Inbox.mbox"];

async function hostileWorld() {
  const archive = anArchive();
  const stored: StoredMail[] = folders.flatMap((folderPath, f) =>
    subjects.map((subject, n) => ({
      id: `id-${f}-${n}`,
      subject,
      folderPath,
      folderId: `folder-${f}`,
      from: { name: "=1+1", email: n % 2 ? "two words\nFrom x" : "-@evil.example" },
      raw: Buffer.from(`From x\r\nSubject: ${n}\r\n\r\nFrom ${f}\n>From ${n}${n % 3 ? "\r\n" : ""}`),
    })),
  );
  await archive.commit({ stored });
  const world = await aWorld({
    tenant: { messagesPerMailbox: 0 },
    edges: (edges) => ({ ...edges, ...archive, rows: archive.rows }),
  });
  return { world, archive, count: stored.length };
}

it.skipIf(!hasPython).each(["eml-zip", "mbox", "bagit"])(
  "hostile names, as %s",
  { timeout: 60_000 },
  async (format) => {
    const { world, archive, count } = await hostileWorld();
    const { id } = await world.app.exports.create(ExportInput.parse({ format, mailboxes: [archive.mailbox] }));
    await world.settle();
    expect(await world.app.exports.get(id as never)).toMatchObject({
      status: "succeeded",
      exported: { messages: count },
    });
    const base = format === "bagit" ? `${id}/` : "";
    const { files, index, names } = await unpacked(world.app, id, base);
    expect(new Set(names.map((name) => name.normalize("NFC").toLowerCase())).size).toBe(names.length);
    for (const name of names) {
      expect(name.length).toBeLessThan(230);
      for (const part of name.split("/")) expect(part).not.toMatch(/^\.|[. ]$|^$|^(con|nul)(\.|$)|[\\:*?"<>|]/i);
      // A file cannot be a folder too.
      expect(names.some((other) => other.startsWith(`${name}/`))).toBe(false);
    }
    if (format === "mbox") {
      const read = readMbox(files);
      expect([...read.values()].flat()).toHaveLength(count);
      expect(read.size).toBe(folders.length);
      for (const [name, messages] of read)
        for (const [n, line] of index.filter(({ file }) => file === name).entries())
          expect(sha256(messages[n]?.subarray(0, line.size) ?? Buffer.alloc(0))).toBe(line.sha256);
    } else for (const line of index) expect(sha256(files.get(base + line.file) ?? Buffer.alloc(0))).toBe(line.sha256);
    expect(index.map(({ subject }) => subject).sort()).toEqual(folders.flatMap(() => subjects).sort());
    const csv = (files.get(`${base}index.csv`) ?? Buffer.alloc(0)).toString("utf8");
    const rows = JSON.parse(
      python(
        "import csv,sys,json,io; print(json.dumps(list(csv.reader(io.StringIO(sys.stdin.buffer.read().decode('utf-8-sig'), newline=''), strict=True))))",
        { input: csv },
      ),
    ) as string[][];
    expect(rows).toHaveLength(count + 1);
    for (const row of rows) expect(row).toHaveLength(14);
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^\s*[=+\-@|]/);
    await world[Symbol.asyncDispose]();
  },
);

/** Torture messages of many mail libraries; beside a development checkout, never part of the project. */
const corpus = join(import.meta.dirname, "../../../shared/corpus");

it.skipIf(!hasPython || !existsSync(corpus))(
  "every message of the corpus, as mbox and as .eml files",
  { timeout: 240_000 },
  async () => {
    const files = readdirSync(corpus, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".eml"));
    await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
    const { id: mailbox } = world.mailbox();
    const wanted = files.map((name) => {
      const eml = readFileSync(join(corpus, name));
      world.tenant.mailboxes.deliver(mailbox, "inbox", eml);
      return sha256(eml);
    });
    await world.run(await world.profile());
    for (const format of ["eml-zip", "mbox"]) {
      const { id } = await world.app.exports.create(ExportInput.parse({ format, mailboxes: [mailbox] }));
      await world.settle();
      const view = await world.app.exports.get(id as never);
      expect(view).toMatchObject({ status: "succeeded", exported: { messages: wanted.length } });
      const { files, index } = await unpacked(world.app, id);
      const boxes = format === "mbox" ? readMbox(files) : undefined;
      const found = boxes
        ? [...boxes].flatMap(([name, messages]) => {
            const told = index.filter(({ file }) => file === name);
            expect(messages).toHaveLength(told.length);
            return messages.map((message, n) => sha256(message.subarray(0, told[n]?.size)));
          })
        : index.map(({ file }) => sha256(files.get(file) ?? Buffer.alloc(0)));
      expect(found.sort().join("\n")).toBe([...wanted].sort().join("\n"));
    }
  },
);
