// What daily heads add: a ledger rolled back together with the tables is found, by the program and by the verifier alone.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passingSigner } from "../../lib/adapters/system/key-file.js";
import { rfc3161Stamper } from "../../lib/adapters/tsa/stamper.js";
import { sha256 } from "../../lib/core/digest.js";
import { hour } from "../../lib/core/time.js";
import { checkStamp } from "../../lib/edges.js";
import { ledgerName } from "../../lib/ledger/record.js";
import { aTsa, type Tsa } from "../build/a-tsa.js";
import { aWorld, type World } from "../build/a-world.js";
import { type Ask, anApi } from "../unit/http/an-api.js";

const folder = mkdtempSync(join(tmpdir(), "mailkeep-heads-"));
const script = join(folder, "mailkeep-verify.mjs");
let world: World;
let tsa: Tsa;
let ask: Ask;
let ids: string[];
let kid: string;

beforeAll(async () => {
  cpSync(join(import.meta.dirname, "../../lib/verify/mailkeep-verify.mjs"), script);
  tsa = await aTsa(new Date("2026-03-01T02:15:07Z"));
  world = await aWorld({
    tenant: { mailboxes: 2, messagesPerMailbox: 6 },
    edges: (edges) => ({
      ...edges,
      stamper: rfc3161Stamper(tsa.url, { random: edges.random, log: edges.log }),
      checkStamp,
    }),
  });
  ask = anApi(world.app);
  const profile = await world.profile();
  ids = [];
  for (let night = 0; night < 2; night++) {
    world.tenant.mailboxes.deliver(world.mailbox().id, "inbox", `Subject: night ${night}\r\n\r\nx\r\n`);
    await world.run(profile);
    ids.push((await ask("POST", "/heads")).json.id);
    await world.settle();
    world.clock.advance(24 * hour);
  }
  kid = (await ask("GET", `/heads/${ids[1]}`)).json.signature.kid;
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await tsa[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Changes blobs for a while. */
async function tampered<T>(
  changes: Record<string, (bytes: Buffer) => Uint8Array | undefined>,
  then: () => Promise<T>,
): Promise<T> {
  const before = await Promise.all(
    Object.keys(changes).map(async (name) => [name, (await world.edges.blobs.get(name)).bytes] as const),
  );
  for (const [name, bytes] of before) world.edges.blobs.tamper(name, changes[name]?.(Buffer.from(bytes)));
  try {
    return await then();
  } finally {
    for (const [name, bytes] of before) {
      await world.edges.blobs.putIfAbsent(name, bytes, { contentType: "x/y" });
      world.edges.blobs.tamper(name, bytes);
    }
  }
}

async function verified() {
  world.clock.advance(1_000);
  const { id } = (await ask("POST", "/verify", { body: {} })).json;
  await world.settle();
  return (await ask("GET", `/verify/${id}`)).json;
}

const gone = () => undefined;
const flipped = (bytes: Buffer) =>
  Buffer.from(bytes.map((byte, at) => (at === Math.floor(bytes.length * 0.8) ? byte ^ 1 : byte)));

describe("POST /verify", () => {
  it("finds nothing wrong with heads that are as they were made", async () => {
    expect(await verified()).toMatchObject({ status: "succeeded", findings: { count: 0 } });
  });

  it("finds a ledger rolled back with the tables set back to it", async () => {
    const { id } = world.mailbox();
    const list = (await ask("GET", `/heads/${ids[1]}/mailboxes`)).bytes.toString().trim().split("\n");
    const { seq } = list.map((line) => JSON.parse(line)).find(({ mailbox }) => mailbox === id);
    const told = await tampered({ [ledgerName(id, seq)]: gone }, async () => {
      // Whoever can write both sets the head of the tables back too; catalog rows are forgotten with it.
      const key = { partition: id, row: "h" };
      const { values } = (await world.edges.rows.get("messages", key)) ?? { values: {} };
      const before = await world.edges.blobs.get(ledgerName(id, seq - 1));
      await world.edges.rows.upsert("messages", key, { ...values, seq: seq - 1, sha256: sha256(before.bytes) });
      await world.edges.rows.delete("runs", { partition: "readback", row: id });
      const result = await verified();
      await world.edges.rows.upsert("messages", key, values);
      return result;
    });
    expect(told.status).toBe("findings");
    expect(told.findings.byCode).toMatchObject({ "ledger-rolled-back": 1 });
  });

  it.each([
    ["the head", () => `heads/${ids[1]}.json`, "signed-head-damaged"],
    ["an older head", () => `heads/${ids[0]}.json`, "signed-head-damaged"],
    ["its list", () => `heads/${ids[0]}.mailboxes.jsonl`, "signed-head-damaged"],
    ["its signature", () => `heads/${ids[1]}.sig.json`, "signed-head-damaged"],
    ["its stamp", () => `heads/${ids[1]}.tsr`, "signed-head-damaged"],
  ])("finds a flipped byte in %s, and its loss", async (_, name, code) => {
    const flippedTold = await tampered({ [name()]: flipped }, verified);
    expect(flippedTold.findings.byCode, name()).toHaveProperty([code]);
    expect(flippedTold.status).toBe("findings");
    const lost = await tampered({ [name()]: gone }, verified);
    // The newest head is the only thing that nothing else names.
    if (name() === `heads/${ids[1]}.json`) return;
    expect(Object.keys(lost.findings.byCode).join(), name()).toMatch(/signed-head-(missing|damaged|incomplete)/);
  });
});

/** A copy of the container as it is now. */
async function copy(): Promise<string> {
  const place = mkdtempSync(join(folder, "copy-"));
  for (const name of world.edges.blobs.names()) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), (await world.edges.blobs.get(name)).bytes);
  }
  return place;
}

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8", cwd: folder });
  return { status, said: stdout + stderr };
}

const keyFileOf = (place: string) => join(place, "heads/keys", `${kid}.json`);

describe("the verifier alone", { timeout: 60_000 }, () => {
  it("says who signed, when it was stamped, and what that proves", async () => {
    const place = await copy();
    const own = run(place, "--key", keyFileOf(place));
    expect(own.said).toContain(`newest ${ids[1]}: signed by ${kid}, stamped 2026-03-01T02:15:07Z`);
    expect(own.said).toContain("unless by whoever can sign with that key");
    expect(own.said).toContain("DEVELOPMENT key");
    expect(own.status).toBe(0);
    const unknown = run(place);
    expect(unknown).toMatchObject({ status: 0, said: expect.stringContaining("Not proved: that the heads are yours") });
    expect(unknown.said).not.toContain("was changed, dropped or rolled back");
    expect(run(place, "--key-found").said).toContain("taken from beside the heads");
    const other = join(folder, "other.json");
    writeFileSync(other, JSON.stringify((await passingSigner().publicKey()).jwk));
    expect(run(place, "--key", other)).toMatchObject({
      status: 1,
      said: expect.stringContaining("which is not your key"),
    });
  });

  it("finds a ledger rolled back, and any change to a head", async () => {
    const place = await copy();
    const { id } = world.mailbox();
    const newest =
      world.edges.blobs
        .names()
        .filter((name) => name.includes(`${id}/ledger/`))
        .at(-1) ?? "";
    const key = keyFileOf(place);
    const without = (name: string) => {
      const bytes = readFileSync(join(place, name));
      rmSync(join(place, name));
      const result = run(place, "--key", key);
      writeFileSync(join(place, name), bytes);
      return result;
    };
    expect(without(newest)).toMatchObject({ status: 1, said: expect.stringContaining("ledger-rolled-back record") });
    const kept = join(folder, "kept.json");
    cpSync(key, kept);
    for (const name of world.edges.blobs.names().filter((one) => one.startsWith("heads/"))) {
      const bytes = readFileSync(join(place, name));
      const isKey = name.includes("/keys/");
      const changed = isKey ? Buffer.from(bytes.toString().replace(/"x": "../, '"x": "AA')) : flipped(bytes);
      writeFileSync(join(place, name), changed);
      // Whoever gives a key does not need the one beside the heads.
      const { status, said } = isKey ? run(place, "--key-found") : run(place, "--key", kept);
      writeFileSync(join(place, name), bytes);
      // A stamp's own signature is for openssl to check; the time and the bytes it is of are found.
      if (name.endsWith(".tsr")) continue;
      expect(status, `${name}: ${said}`).toBe(1);
      if (name === `heads/${ids[1]}.json` || isKey) continue;
      if (!name.endsWith(".tsr")) expect(without(name).status, `without ${name}`).toBe(1);
    }
    const stamp = join(place, `heads/${ids[1]}.tsr`);
    writeFileSync(stamp, readFileSync(join(place, `heads/${ids[0]}.tsr`)));
    expect(run(place, "--key", kept)).toMatchObject({
      status: 1,
      said: expect.stringContaining("time stamp is of other bytes"),
    });
  });

  it("follows the proof of a message up to the head", async () => {
    const place = await copy();
    const { id } = world.mailbox();
    const { key } = (await ask("GET", `/mailboxes/${id}/messages`)).json.value.at(-1);
    const { json } = await ask("GET", `/mailboxes/${id}/messages/${key}/proof`);
    expect(json.head).toMatchObject({ id: ids[0], entry: { mailbox: id } });
    const [proof, eml] = [join(folder, "proof.json"), join(folder, "message.eml")];
    writeFileSync(proof, JSON.stringify(json));
    writeFileSync(eml, (await ask("GET", `/mailboxes/${id}/messages/${key}/eml`)).bytes);
    const own = run("--proof", proof, "--eml", eml, place, "--key", keyFileOf(place));
    expect(own).toMatchObject({
      status: 0,
      said: expect.stringContaining(`leads to the head ${ids[0]}, signed by ${kid}: unchanged`),
    });
    expect(run("--proof", proof, "--eml", eml, place).said).toContain("Give that key with --key");
    for (const head of [
      { ...json.head, head: json.head.head.replace("mailkeep 0", "mailkeep 1") },
      { ...json.head, entry: { ...json.head.entry, seq: json.head.entry.seq + 1 } },
      { ...json.head, inclusion: { ...json.head.inclusion, index: 1 - json.head.inclusion.index } },
      { ...json.head, signature: null },
      null,
    ]) {
      writeFileSync(proof, JSON.stringify({ ...json, head }));
      expect(run("--proof", proof, "--eml", eml, place, "--key", keyFileOf(place)).status).toBe(1);
    }
  });
});
