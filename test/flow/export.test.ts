// Mail comes out of the archive as it went in, in each format, as other programs read it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../../lib/core/digest.js";
import { ExportInput } from "../../lib/export/selection.js";
import { packPath } from "../../lib/ledger/record.js";
import { aWorld, byId, type World } from "../build/a-world.js";
import { collected } from "../build/an-archive.js";
import { hasPython, readMbox, unpacked } from "../build/an-export.js";

let world: World;
beforeAll(async () => {
  world = await aWorld({ tenant: { mailboxes: 2, messagesPerMailbox: 30 } });
  await world.run(await world.profile());
});
afterAll(() => world[Symbol.asyncDispose]());

async function exported(input: object, on = world) {
  const { id } = await on.app.exports.create(ExportInput.parse(input));
  await on.settle();
  return on.app.exports.get(id as never);
}

const both = () => [world.mailbox(0).id, world.mailbox(1).id];

// Other programs take their time to start.
const timeout = 30_000;

describe.skipIf(!hasPython)("an export", { timeout }, () => {
  it.each(["eml-zip", "bagit"] as const)("as %s holds every message, byte for byte", async (format) => {
    const view = await exported({ format, mailboxes: both() });
    const wanted = both().flatMap((id) => world.wanted(id));
    expect(view).toMatchObject({ status: "succeeded", phase: null, exported: { messages: wanted.length } });
    expect(view.notExported).toEqual({ count: 0, first: [] });
    const base = format === "bagit" ? `${view.id}/` : "";
    const { files, index, names } = await unpacked(world.app, view.id, base);
    expect(new Set(names).size).toBe(names.length);
    for (const line of index) {
      const bytes = files.get(base + line.file) ?? Buffer.alloc(0);
      expect([bytes.length, sha256(bytes)]).toEqual([line.size, line.sha256]);
    }
    expect(index.map((line) => line.sha256).sort()).toEqual(wanted.map((message) => message.sha256).sort());
    expect(names.filter((name) => name.endsWith(".eml"))).toHaveLength(wanted.length);
  });

  it("tells its size and SHA-256, and gives its bytes", async () => {
    const view = await exported({ format: "eml-zip", mailboxes: [world.mailbox().address] });
    const { bytes } = await collected((await world.app.exports.content(view.id as never)).body);
    expect(view.result).toEqual({ blob: `${view.id}/mail.zip`, size: bytes.length, sha256: sha256(bytes) });
    const left = world.edges.exports.names().filter((name) => name.startsWith(view.id));
    expect(left).toEqual([`${view.id}/mail.zip`]);
  });

  it("as mbox is read by Python's mailbox: as many messages, the same bytes", async () => {
    const view = await exported({ format: "mbox", mailboxes: both() });
    const { files, index } = await unpacked(world.app, view.id);
    let found = 0;
    for (const [name, messages] of readMbox(files)) {
      const told = index.filter(({ file }) => file === name).sort((a, b) => (a.offset ?? 0) - (b.offset ?? 0));
      expect(messages.map((message, i) => sha256(message.subarray(0, told[i]?.size)))).toEqual(
        told.map((line) => line.sha256),
      );
      found += messages.length;
    }
    expect(found).toBe(both().flatMap((id) => world.wanted(id)).length);
    expect(view).toMatchObject({ status: "succeeded", exported: { messages: found } });
  });

  it("as a bag keeps RFC 8493", async () => {
    const view = await exported({ format: "bagit", mailboxes: both() });
    const { files, names } = await unpacked(world.app, view.id, `${view.id}/`);
    const text = (name: string) => files.get(`${view.id}/${name}`)?.toString("utf8") ?? "";
    const sums = (name: string) =>
      text(name)
        .trimEnd()
        .split("\n")
        .map((line) => line.split("  ", 2) as [string, string]);
    expect(names.every((name) => name.startsWith(`${view.id}/`))).toBe(true);
    expect(text("bagit.txt")).toBe("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
    const payload = names.filter((name) => name.startsWith(`${view.id}/data/`));
    for (const manifest of ["manifest-sha256.txt", "tagmanifest-sha256.txt"])
      for (const [sum, name] of sums(manifest))
        expect(sha256(files.get(`${view.id}/${name}`) ?? Buffer.alloc(0))).toBe(sum);
    expect(
      sums("manifest-sha256.txt")
        .map(([, name]) => `${view.id}/${name}`)
        .sort(),
    ).toEqual(payload.sort());
    const tags = names.filter((name) => !name.includes("/data/") && !name.endsWith("/tagmanifest-sha256.txt"));
    expect(
      sums("tagmanifest-sha256.txt")
        .map(([, name]) => `${view.id}/${name}`)
        .sort(),
    ).toEqual(tags.sort());
    const bytes = payload.reduce((sum, name) => sum + (files.get(name)?.length ?? 0), 0);
    expect(text("bag-info.txt")).toContain(`Payload-Oxum: ${bytes}.${payload.length}\n`);
  });
});

describe("an order", () => {
  it("finds what it means, and nothing else", async () => {
    const { id } = world.mailbox();
    const all = (await world.app.messages.list(id, { limit: 1000 })).value;
    const one = all[3];
    if (one === undefined) throw new Error("no message");
    const found = async (conditions: object) =>
      (await exported({ format: "eml-zip", mailboxes: [id], ...conditions })).exported.messages;
    const folder = all.filter(
      ({ folderPath }) => folderPath === one.folderPath || folderPath.startsWith(`${one.folderPath}/`),
    );
    expect(await found({ folder: one.folderPath })).toBe(folder.length);
    expect(await found({ keys: [one.key, all[0]?.key] })).toBe(2);
    expect(await found({ sender: one.from?.email.toUpperCase() })).toBe(
      all.filter(({ from }) => from?.email === one.from?.email).length,
    );
    expect(await found({ from: one.receivedAt })).toBe(all.filter((m) => m.receivedAt >= one.receivedAt).length);
    expect(await found({ to: one.receivedAt })).toBe(all.filter((m) => m.receivedAt < one.receivedAt).length);
    const word = one.subject?.split(" ").at(-1) ?? "";
    const withWord = all.filter(({ subject }) => subject?.toLowerCase().includes(word.toLowerCase()));
    expect(await found({ subject: word })).toBe(withWord.length);
    expect(await found({ subject: "no subject has these words" })).toBe(0);
  });

  it("means a whole profile", async () => {
    const profile = await world.profile({ name: "Again" });
    const view = await exported({ format: "eml-zip", profile });
    expect(view.exported.messages).toBe(both().flatMap((id) => world.wanted(id)).length);
  });

  it("names a key that the archive does not have", async () => {
    const { id } = world.mailbox();
    const key = "0".repeat(32);
    const view = await exported({ format: "eml-zip", mailboxes: [id], keys: [key] });
    expect(view).toMatchObject({ status: "succeededWithGaps", exported: { messages: 0 }, notExported: { count: 1 } });
    expect(view.notExported.first).toMatchObject([{ code: "MESSAGE_NOT_FOUND", key, mailbox: id }]);
  });

  it("is refused for a mailbox that nobody knows", async () => {
    const asked = exported({ format: "eml-zip", mailboxes: [world.mailbox().id, "nobody@contoso.example"] });
    await expect(asked).rejects.toMatchObject({ code: "invalid", reason: "MAILBOX_NOT_FOUND", field: "mailboxes[1]" });
  });

  it.each([
    [{ format: "eml-zip" }, "mailboxes"],
    [{ format: "eml-zip", mailboxes: ["a"], profile: "p_0000000000000000" }, "mailboxes"],
    [{ format: "mbox", mailboxes: ["a", "b"], keys: ["0".repeat(32)] }, "keys"],
    [{ format: "pst", mailboxes: ["a"] }, "format"],
  ])("is refused when it contradicts itself: %j", (input, field) => {
    expect(ExportInput.safeParse(input).error?.issues[0]?.path).toEqual([field]);
  });
});

describe.skipIf(!hasPython)("a damaged archive", { timeout }, () => {
  it.each(["eml-zip", "mbox", "bagit"] as const)(
    "is exported as %s without what is damaged, and that is named",
    async (format) => {
      await using sick = await aWorld({ tenant: { mailboxes: 1, messagesPerMailbox: 12 } });
      await sick.run(await sick.profile());
      const { id } = sick.mailbox();
      const all = (await sick.app.messages.list(id, { limit: 1000 })).value;
      const victim = all[4];
      if (victim === undefined) throw new Error("no message");
      const { entry } = await sick.app.messages.get(id, victim.key);
      const pack = packPath(id, victim.pack);
      const { bytes } = await sick.edges.blobs.get(pack);
      const at = entry.offset + 60 + Math.floor(entry.compressedLength / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      sick.edges.blobs.tamper(pack, bytes);
      const view = await exported({ format, mailboxes: [id] }, sick);
      expect(view).toMatchObject({ status: "succeededWithGaps", exported: { messages: all.length - 1 } });
      expect(view.notExported).toMatchObject({ count: 1, first: [{ code: "ARCHIVE_CORRUPT", key: victim.key }] });
      const { index, gaps } = await unpacked(sick.app, view.id, format === "bagit" ? `${view.id}/` : "");
      expect(index.map(({ key }) => ({ id: key })).sort(byId)).toEqual(
        all
          .filter(({ key }) => key !== victim.key)
          .map(({ key }) => ({ id: key }))
          .sort(byId),
      );
      expect(gaps).toMatchObject([{ key: victim.key, code: "ARCHIVE_CORRUPT" }]);
    },
  );
});
