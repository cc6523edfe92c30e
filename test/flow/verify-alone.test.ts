// The stand-alone verifier as whoever holds a copy would run it: Node, one file, a folder; no part of the product.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { proveMessage } from "../../lib/verify/proof.js";
import { type AnArchive, keyOf } from "../build/an-archive.js";
import { mailbox } from "../golden/build-archive.js";
import { aLyingArchive, aStoredArchive } from "../unit/verify/a-verifier.js";

const folder = mkdtempSync(join(tmpdir(), "mailkeep-alone-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const script = join(folder, "mailkeep-verify.mjs");
const golden = join(import.meta.dirname, "../golden/archive");

beforeAll(() => cpSync(join(import.meta.dirname, "../../lib/verify/mailkeep-verify.mjs"), script));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8", cwd: folder });
  return { status, said: stdout + stderr };
}

let copies = 0;
function copyOf(source: string): string {
  const copy = join(folder, `copy-${++copies}`);
  cpSync(source, copy, { recursive: true });
  return copy;
}

/** A container as it would be downloaded: stored bytes, no properties. */
async function downloaded({ blobs }: AnArchive): Promise<string> {
  const copy = join(folder, `copy-${++copies}`);
  for (const name of blobs.names()) {
    mkdirSync(dirname(join(copy, name)), { recursive: true });
    writeFileSync(join(copy, name), (await blobs.get(name)).bytes);
  }
  return copy;
}

const filesOf = (root: string) =>
  readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(root, name)).isFile())
    .map((name) => name.replaceAll("\\", "/"))
    .sort();

const head = "dc1c43376bca320da4e7632ecebc9563a586bc6ace1c4ae0a08b774bd5df5519";

describe("a copy of the container", { timeout: 60_000 }, () => {
  it("is right as it was frozen, and it says what that means", () => {
    const { status, said } = run(golden);
    expect(status).toBe(0);
    expect(said).toContain(`mailbox ${mailbox}\n  2 records, 2 packs, 3 messages put together and hashed\n`);
    expect(said).toContain(`newest record 2: ${head}`);
    expect(said).toContain("All of it is as it was stored");
    expect(said).toContain("Not proved: that no newest records are missing");
    expect(run(golden, "--head", `${mailbox}:2:${head}`)).toMatchObject({
      status: 0,
      said: expect.stringContaining("--head are in it"),
    });
  });

  it("is right as the program writes it today", async () => {
    const { status, said } = run(await downloaded(await aStoredArchive()));
    expect({ status, said }).toMatchObject({
      status: 0,
      said: expect.stringContaining("4 records, 3 packs, 6 messages"),
    });
  });

  const flip = (bytes: Buffer, at: number) => Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 4 : byte)));
  const damages: Record<string, (path: string, other: string) => void> = {
    "a flipped byte": (path) => writeFileSync(path, flip(readFileSync(path), Math.floor(statSync(path).size / 2))),
    "a flipped last byte": (path) => writeFileSync(path, flip(readFileSync(path), statSync(path).size - 1)),
    "a drop": (path) => rmSync(path),
    "a truncation": (path) => writeFileSync(path, readFileSync(path).subarray(0, -7)),
    emptiness: (path) => writeFileSync(path, ""),
    "a swap": (path, other) => {
      const [a, b] = [readFileSync(path), readFileSync(other)];
      writeFileSync(path, b);
      writeFileSync(other, a);
    },
  };

  it.each(Object.entries(damages))("is refused after %s of any file", (_, damage) => {
    const names = filesOf(golden);
    for (const [index, name] of names.entries()) {
      // Nothing but a hash kept elsewhere tells that the newest record is gone or another one.
      const copy = copyOf(golden);
      const kind = /(ledger|packs|attachments)\//;
      const other = names.find((one, at) => at !== index && kind.exec(one)?.[1] === kind.exec(name)?.[1]) ?? "";
      damage(join(copy, name), join(copy, other));
      const { status, said } = run(copy, "--head", `${mailbox}:2:${head}`);
      expect(status, `${name}: ${said}`).toBe(1);
      expect(said).toMatch(/DAMAGED (record|chain|pack|manifest|message|attachment|head|ledger)-[a-z-]+( record [12])/);
      expect(said).toContain("NOT as it was stored");
      expect(said).not.toContain("All of it is");
    }
  });

  it("is refused where only the bytes lie, and where a record was made anew", async () => {
    const lie = run(await downloaded(await aLyingArchive()));
    expect(lie).toMatchObject({ status: 1, said: expect.stringContaining("message-damaged record 1 message") });
    const copy = copyOf(golden);
    const record = join(copy, "mailboxes", mailbox, "ledger/00000001.json.gz");
    writeFileSync(record, gzipSync(gunzipSync(readFileSync(record)), { level: 1 }));
    expect(run(copy)).toMatchObject({ status: 1, said: expect.stringContaining("chain-broken record 2") });
  });

  it("tells a ledger rolled back from a whole one by a hash kept elsewhere", () => {
    const copy = copyOf(golden);
    rmSync(join(copy, "mailboxes", mailbox, "ledger/00000002.json.gz"));
    expect(run(copy).status).toBe(0);
    expect(run(copy, "--head", `${mailbox}:2:${head}`)).toMatchObject({
      status: 1,
      said: expect.stringContaining("ledger-rolled-back record 2"),
    });
    rmSync(join(copy, "mailboxes", mailbox), { recursive: true });
    expect(run(copy, "--head", `${mailbox}:2:${head}`)).toMatchObject({
      status: 1,
      said: expect.stringContaining("there is no ledger"),
    });
  });

  it("is not called anything when it cannot be read", () => {
    for (const args of [
      [join(folder, "nowhere")],
      [],
      ["--head", "x", golden],
      ["--proof", "nowhere.json", "--eml", "x"],
    ])
      expect(run(...args)).toMatchObject({ status: 2, said: expect.stringContaining("could not be checked") });
    const copy = copyOf(golden);
    const record = join(copy, "mailboxes", mailbox, "ledger/00000001.json.gz");
    rmSync(record);
    mkdirSync(record);
    expect(run(copy).status).toBe(2);
  });
});

describe("the proof of one message", { timeout: 60_000 }, () => {
  const place = async () => {
    const archive = await aStoredArchive();
    const copy = await downloaded(archive);
    const proof = await proveMessage(archive, archive.mailbox, keyOf("b"));
    const { openEml } = await import("../../lib/reading/eml.js");
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await openEml(archive, archive.mailbox, keyOf("b"))).body) chunks.push(chunk);
    const [proofFile, eml] = [join(folder, "proof.json"), join(folder, "message.eml")];
    writeFileSync(proofFile, JSON.stringify(proof));
    writeFileSync(eml, Buffer.concat(chunks));
    const last = proof.chain.at(-1);
    return { copy, proof, proofFile, eml, head: `${proof.mailbox}:${last?.seq}:${last?.sha256}` };
  };

  it("holds for the message, its records and a hash kept elsewhere", async () => {
    const { copy, proofFile, eml, head } = await place();
    const { status, said } = run("--proof", proofFile, "--eml", eml, copy, "--head", head);
    expect({ status, said }).toMatchObject({
      status: 0,
      said: expect.stringContaining("unchanged since that one was written"),
    });
    expect(said).toContain("Record 1 holds it; 3 more follow");
    expect(run("--proof", proofFile, "--eml", eml, copy)).toMatchObject({
      status: 0,
      said: expect.stringContaining("Proved only with a key that you know (--key) or a hash"),
    });
    expect(run("--proof", proofFile, "--eml", eml)).toMatchObject({
      status: 2,
      said: expect.stringContaining("Not checked"),
    });
  });

  it("does not hold for another message, another path, or other records", async () => {
    const { copy, proof, proofFile, eml, head } = await place();
    const refuses = (changed: object) => {
      writeFileSync(proofFile, JSON.stringify({ ...proof, ...changed }));
      const { status, said } = run("--proof", proofFile, "--eml", eml, copy, "--head", head);
      expect({ status, said }).toMatchObject({ status: 1, said: expect.stringContaining("NOT proved") });
    };
    const { inclusion, chain } = proof;
    const none = "0".repeat(64);
    refuses({ inclusion: { ...inclusion, index: 0 } });
    refuses({ inclusion: { ...inclusion, path: [] } });
    refuses({ inclusion: { ...inclusion, path: [...inclusion.path, none] } });
    refuses({ inclusion: { ...inclusion, root: none } });
    refuses({ inclusion: { ...inclusion, count: 4 } });
    refuses({ chain: chain.slice(1) });
    refuses({ chain: chain.slice(0, -1) });
    refuses({ chain: chain.map((link, index) => (index === 1 ? { ...link, sha256: none } : link)) });
    refuses({ chain: [...chain].reverse() });
    refuses({ format: "else" });
    writeFileSync(proofFile, JSON.stringify(proof));
    writeFileSync(eml, Buffer.concat([readFileSync(eml), Buffer.from("\r\n")]));
    expect(run("--proof", proofFile, "--eml", eml, copy, "--head", head).status).toBe(1);
  });
});
