// A bag that proves its own mail: unpacked, it is checked by Node and one file, up to the signature of a daily head.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passingSigner } from "../../lib/adapters/system/key-file.js";
import { sha256 } from "../../lib/core/digest.js";
import { hour } from "../../lib/core/time.js";
import { ExportInput } from "../../lib/export/selection.js";
import { ledgerName } from "../../lib/ledger/record.js";
import { aWorld, type World } from "../build/a-world.js";
import { hasPython, unpacked } from "../build/an-export.js";
import { anApi } from "../unit/http/an-api.js";

const folder = mkdtempSync(join(tmpdir(), "mailkeep-bag-"));
const script = join(folder, "mailkeep-verify.mjs");
let world: World;
let head: string;
let key: string;
beforeAll(async () => {
  cpSync(join(import.meta.dirname, "../../lib/verify/mailkeep-verify.mjs"), script);
  world = await aWorld({ tenant: { mailboxes: 2, messagesPerMailbox: 12 } });
  const ask = anApi(world.app);
  const profile = await world.profile();
  await world.run(profile);
  world.tenant.mailboxes.deliver(world.mailbox().id, "inbox", "Subject: second\r\n\r\nx\r\n");
  await world.run(profile);
  head = (await ask("POST", "/heads")).json.id;
  await world.settle();
  world.clock.advance(24 * hour);
  // After the newest head: in the ledger, and under no head yet.
  world.tenant.mailboxes.deliver(world.mailbox().id, "inbox", "Subject: third\r\n\r\nx\r\n");
  await world.run(profile);
  const { kid } = (await ask("GET", `/heads/${head}`)).json.signature;
  key = join(folder, "key.json");
  writeFileSync(key, (await world.edges.blobs.get(`heads/keys/${kid}.json`)).bytes);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function bag(input: object = {}) {
  const wish = { format: "bagit", mailboxes: [world.mailbox(0).id, world.mailbox(1).id], ...input };
  const { id } = await world.app.exports.create(ExportInput.parse(wish));
  await world.settle();
  const { files, index } = await unpacked(world.app, id, `${id}/`);
  const place = mkdtempSync(join(folder, "bag-"));
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), bytes);
  }
  return { root: join(place, id), index, names: [...files.keys()].map((name) => name.slice(id.length + 1)) };
}

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8", cwd: folder });
  return { status, said: stdout + stderr };
}

/** Changes a file of the bag and everything in the bag that vouches for it, as a forger would. */
function forge(root: string, name: string, change: (text: Buffer) => Buffer): () => void {
  const before = new Map<string, Buffer>();
  const write = (file: string, bytes: Buffer) => {
    before.set(file, readFileSync(join(root, file)));
    writeFileSync(join(root, file), bytes);
  };
  const old = readFileSync(join(root, name));
  const changed = change(old);
  write(name, changed);
  for (const list of ["manifest-sha256.txt", "tagmanifest-sha256.txt"]) {
    const text = readFileSync(join(root, list))
      .toString()
      .replaceAll(`${sha256(old)}  ${name}`, `${sha256(changed)}  ${name}`);
    const again = list.startsWith("tag")
      ? text.replace(/[0-9a-f]{64}(?= {2}manifest-sha256)/, sha256(readFileSync(join(root, "manifest-sha256.txt"))))
      : text;
    write(list, Buffer.from(again));
  }
  return () => {
    for (const [file, bytes] of before) writeFileSync(join(root, file), bytes);
  };
}

describe.skipIf(!hasPython)("a bag", { timeout: 60_000 }, () => {
  it("is proved by itself, up to the head that your key signed", async () => {
    const { root, index } = await bag();
    const own = run(root, "--key", key);
    expect(own.said).toContain(`${index.length} of ${index.length} messages are the ones that were stored`);
    expect(own.said).toContain(`${index.length - 1} of them are vouched for by a head signed with that key`);
    expect(own.said).toContain(`Head ${head}: signed by`);
    expect(own.said).toContain("Not proved by it: the 1 that were stored after it");
    expect(own.said).not.toContain("Not proved: that the heads are yours");
    expect(own.status).toBe(0);
    expect(run(root)).toMatchObject({
      status: 0,
      said: expect.stringContaining("Not proved: that the heads are yours"),
    });
    const other = join(folder, "other.json");
    writeFileSync(other, JSON.stringify((await passingSigner().publicKey()).jwk));
    expect(run(root, "--key", other)).toMatchObject({ status: 1, said: expect.stringContaining("not your key") });
  });

  it("is refused after any forgery, even one that all its manifests agree with", async () => {
    const { root, names } = await bag();
    const eml = names.find((name) => name.endsWith(".eml")) ?? "";
    const record = names.find((name) => name.includes("/ledger/")) ?? "";
    const forged = (name: string, change: (text: Buffer) => Buffer) => {
      const undo = forge(root, name, change);
      const { status, said } = run(root, "--key", key);
      undo();
      expect({ name, status, said }).toMatchObject({
        status: 1,
        said: expect.stringContaining("NOT as it was exported"),
      });
    };
    const replaced = (from: RegExp, to: string) => (text: Buffer) => Buffer.from(text.toString().replace(from, to));
    forged(eml, (text) => Buffer.concat([text, Buffer.from("x")]));
    forged(record, (bytes) => Buffer.from(bytes.map((byte, at) => (at === 20 ? byte ^ 1 : byte))));
    forged("proofs/messages.jsonl", replaced(/"index":0/, '"index":1'));
    forged("proofs/messages.jsonl", replaced(/"sha256":"../, '"sha256":"00'));
    forged("proofs/mailboxes.jsonl", replaced(/"path":\["../, '"path":["00'));
    forged(`proofs/heads/${head}.json`, replaced(/"count":2/, '"count":3'));
    forged(`proofs/heads/${head}.sig.json`, replaced(/"signature": "../, '"signature": "AA'));
    // What has no proof any more is not called proved.
    const undo = forge(root, "proofs/mailboxes.jsonl", replaced(/"first":1/, '"first":2'));
    expect(run(root, "--key", key)).toMatchObject({ status: 2, said: expect.stringContaining("NOT proved: ") });
    undo();
    writeFileSync(join(root, "data/extra.eml"), "x");
    expect(run(root, "--key", key)).toMatchObject({ status: 1, said: expect.stringContaining("is in no manifest") });
    rmSync(join(root, "data/extra.eml"));
    expect(run(root, "--key", key).status).toBe(0);
    rmSync(join(root, record));
    expect(run(root, "--key", key).status).toBe(1);
  });

  it("carries no more records than it needs, and none when that is not wanted", async () => {
    const { index } = await bag();
    const third = index.find(({ subject }) => subject === "third");
    const { root, names } = await bag({ mailboxes: [world.mailbox().id], keys: [third?.key] });
    expect(names.filter((name) => name.includes("/ledger/"))).toEqual([
      `proofs/ledger/${world.mailbox().id}/${String(third?.seq).padStart(8, "0")}.json.gz`,
    ]);
    expect(run(root)).toMatchObject({ status: 0, said: expect.stringContaining("No daily head vouched") });
    const bare = await bag({ proofs: false });
    expect(bare.names.filter((name) => name.startsWith("proofs/"))).toEqual([]);
    expect(run(bare.root)).toMatchObject({ status: 2, said: expect.stringContaining("It holds no proofs") });
    expect(() => ExportInput.parse({ format: "mbox", mailboxes: ["x"], proofs: true })).toThrow("bagit");
  });

  it("says where a damaged ledger ends its proof, and holds the mail all the same", async () => {
    const name = ledgerName(world.mailbox().id, 2);
    const { bytes } = await world.edges.blobs.get(name);
    world.edges.blobs.tamper(name, undefined);
    const { root, index } = await bag();
    await world.edges.blobs.putIfAbsent(name, bytes, { contentType: "x/y" });
    const { status, said } = run(root, "--key", key);
    expect(said).toContain("no whole proof: ledger record 2 is missing");
    expect(said).toContain(`${index.length - 2} of ${index.length} messages are the ones that were stored`);
    expect(said).toContain(`NOT proved: 2 of ${index.length} messages`);
    expect(status).toBe(2);
  });
});
