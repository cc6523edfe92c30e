import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mboxMessages } from "../../../../lib/local/tenant/mail-folder.js";
import { startTenant } from "../../../../lib/local/tenant/server.js";
import { eml } from "./ask.js";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mailkeep-mail-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function unpacked(text: string, chunkBytes = 1_000): Promise<string[]> {
  const bytes = Buffer.from(text, "latin1");
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  const out: string[] = [];
  for await (const message of mboxMessages(chunks())) out.push(message.toString("latin1"));
  return out;
}

describe("mbox files", () => {
  const mbox =
    "From a@b Thu Jan  1 00:00:00 2026\nSubject: 1\n\nOne\n>From here\n>>From there\n> From no\n\nFrom c@d Thu Jan  1 00:00:00 2026\nSubject: 2\n\nTwo\nFrom inside\n";
  const expected = ["Subject: 1\n\nOne\nFrom here\n>From there\n> From no\n", "Subject: 2\n\nTwo\nFrom inside\n"];

  it("are split at From lines after an empty line, and unquoted by one level", async () => {
    expect(await unpacked(mbox)).toEqual(expected);
  });

  it("are read the same in pieces of any size", async () => {
    for (const size of [1, 2, 3, 7, 64]) expect(await unpacked(mbox, size)).toEqual(expected);
  });

  it("keep CRLF and a last line without an end", async () => {
    expect(await unpacked("From x\r\nA: 1\r\n\r\nbody\r\n\r\nFrom y\r\nB: 2\r\n\r\nlast")).toEqual([
      "A: 1\r\n\r\nbody\r\n",
      "B: 2\r\n\r\nlast",
    ]);
  });

  it("hold nothing when they are empty", async () => {
    expect(await unpacked("")).toEqual([]);
  });
});

describe("a directory of mail", () => {
  it("fills the mailboxes, byte for byte, in folders named after directories", async () => {
    const odd = Buffer.concat([Buffer.from(eml("odd")), Buffer.from([0, 255, 10, 13, 128])]);
    await mkdir(join(directory, "Old", "2019"), { recursive: true });
    await writeFile(join(directory, "a.eml"), odd);
    await writeFile(join(directory, "Old", "2019", "b.EML"), "Subject: undated\r\n\r\nb\r\n");
    await writeFile(join(directory, "Old", "archive.mbox"), "From x\nSubject: in mbox\n\nc\n");
    await writeFile(join(directory, "notes.txt"), "no mail");
    await writeFile(join(directory, "unnamed"), "From x\nSubject: told by its first line\n\nd\n");
    const tenant = await startTenant({ mailboxes: 2, mailDir: directory });
    const [anna = "", ben = ""] = tenant.mailboxes.list().map((one) => one.id);
    const all = [...tenant.mailboxes.inventory(anna), ...tenant.mailboxes.inventory(ben)];
    expect(
      all.map((one) => [one.folderPath.split("/").slice(2).join("/"), one.subject, one.receivedAt]).sort(),
    ).toEqual(
      [
        ["", "odd", "2026-03-06T09:00:00.000Z"],
        ["Old/2019", "undated", "2020-01-01T00:00:00.000Z"],
        ["Old/archive.mbox", "in mbox", "2020-01-01T00:01:00.000Z"],
        ["unnamed", "told by its first line", "2020-01-01T00:03:00.000Z"],
      ].sort(),
    );
    expect([tenant.mailboxes.list().map((one) => one.messages)]).toEqual([[2, 2]]);
    const found = all.find((one) => one.subject === "odd");
    const owner = tenant.mailboxes.inventory(anna).some((one) => one.id === found?.id) ? anna : ben;
    expect(tenant.mailboxes.mime(owner, found?.id ?? "").equals(odd)).toBe(true);
    await tenant.close();
  });

  it("is refused when it holds no mail", async () => {
    await expect(startTenant({ mailDir: directory })).rejects.toThrow("name a directory that holds some");
  });
});
