// Heads: one signed statement over all ledgers, made each night, that no ledger can take anything back from.
import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../lib/adapters/memory/blob-store.js";
import { rfc3161Stamper } from "../../lib/adapters/tsa/stamper.js";
import { sha256 } from "../../lib/core/digest.js";
import { MailkeepError } from "../../lib/core/errors.js";
import { HeadId, type MailboxId } from "../../lib/core/ids.js";
import { hour, minute } from "../../lib/core/time.js";
import { decodeHead, decodeList, decodeSignature, rootOf } from "../../lib/heads/head.js";
import { ledgerName } from "../../lib/ledger/record.js";
import { aTsa } from "../build/a-tsa.js";
import { aWorld, type World } from "../build/a-world.js";
import { type Ask, anApi } from "../unit/http/an-api.js";

const day = "2026-03-01";
const textOf = async (world: World, name: string) =>
  JSON.parse(Buffer.from((await world.edges.blobs.get(name)).bytes).toString("utf8"));

async function madeHead(world: World, ask: Ask) {
  const asked = await ask("POST", "/heads");
  expect(asked).toMatchObject({ status: 202, json: { status: "pending" } });
  expect(asked.headers.get("location")).toBe(`/api/v1/heads/${asked.json.id}`);
  await world.settle();
  return (await ask("GET", `/heads/${asked.json.id}`)).json;
}

describe("a head", () => {
  it("names the newest record of every mailbox, and is signed", async () => {
    await using world = await aWorld({ tenant: { mailboxes: 3, messagesPerMailbox: 5 } });
    const ask = anApi(world.app);
    await world.run(await world.profile());
    const today = world.clock.now().toISOString().slice(0, 10);
    const head = await madeHead(world, ask);
    expect(head).toMatchObject({ id: today, status: "made", previous: null, problem: null, timestamped: false });
    expect(head.mailboxes).toMatchObject({ count: 3, disputed: 0 });
    expect(head.signature).toMatchObject({ alg: "ES256", development: true });

    const { bytes } = await ask("GET", `/heads/${today}/content`);
    expect(sha256(bytes)).toBe(head.sha256);
    const list = decodeList((await ask("GET", `/heads/${today}/mailboxes`)).bytes);
    expect(list.map(({ mailbox }) => mailbox)).toEqual(list.map(({ mailbox }) => mailbox).sort());
    for (const { mailbox, seq, sha256: hash } of list) {
      expect(sha256((await world.edges.blobs.get(ledgerName(mailbox, seq))).bytes)).toBe(hash);
      expect(await world.edges.blobs.exists(ledgerName(mailbox, seq + 1))).toBe(false);
    }
    expect(decodeHead(bytes).mailboxes.merkleRoot).toBe(rootOf(list));
    const signature = await textOf(world, `heads/${today}.sig.json`);
    const jwk = await textOf(world, `heads/keys/${signature.kid}.json`);
    const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" } as const;
    expect(verify("sha256", bytes, key, Buffer.from(signature.signature, "base64url"))).toBe(true);
  });

  it("names the one before, and a second one of a day has the time", async () => {
    await using world = await aWorld();
    const ask = anApi(world.app);
    const first = await madeHead(world, ask);
    expect(first.mailboxes).toMatchObject({ count: 0 });
    world.clock.advance(hour);
    await world.run(await world.profile());
    const second = await madeHead(world, ask);
    expect(second.id).toMatch(new RegExp(`^${first.id}T\\d{6}Z$`));
    expect(second.previous).toEqual({ id: first.id, sha256: first.sha256 });
    world.clock.advance(24 * hour);
    await world.app.nightly();
    await world.settle();
    const { json } = await ask("GET", "/heads?limit=2");
    expect(json.value[0].previous).toEqual({ id: second.id, sha256: second.sha256 });
    expect(json.value.map(({ mailboxes }: { mailboxes: { count: number } }) => mailboxes.count)).toEqual([1, 1]);
    expect((await ask("GET", json.nextLink)).json.value).toMatchObject([{ id: first.id }]);
  });

  it("is one at a time", async () => {
    await using world = await aWorld();
    const ask = anApi(world.app);
    const [a, b] = [await ask("POST", "/heads"), await ask("POST", "/heads")];
    expect(b.json.id).toBe(a.json.id);
    await world.settle();
    expect((await ask("GET", "/heads")).json.value).toHaveLength(1);
  });

  it("never vouches for a ledger that lost what an earlier head named", async () => {
    await using world = await aWorld({ tenant: { mailboxes: 2, messagesPerMailbox: 3 } });
    const ask = anApi(world.app);
    const profile = await world.profile();
    await world.run(profile);
    world.tenant.mailboxes.deliver(world.mailbox().id, "inbox", "Subject: x\r\n\r\nx\r\n");
    await world.run(profile);
    await madeHead(world, ask);
    const [before] = listed(await listOf(world), world.mailbox().id);
    const { seq } = before as { seq: number };
    expect(seq).toBeGreaterThan(1);
    world.edges.blobs.tamper(ledgerName(world.mailbox().id, seq), undefined);
    world.clock.advance(24 * hour);
    const head = await madeHead(world, ask);
    expect(head.mailboxes).toMatchObject({ count: 2, disputed: 1 });
    const [entry] = listed(await listOf(world), world.mailbox().id);
    expect(entry).toMatchObject({ ...before, disputed: { seq: seq - 1 } });
    // The same number with other bytes, and more behind it: still the earlier head's word.
    await world.edges.blobs.putIfAbsent(ledgerName(world.mailbox().id, seq), Buffer.from("forged"), {
      contentType: "x/y",
    });
    await world.edges.blobs.putIfAbsent(ledgerName(world.mailbox().id, seq + 1), Buffer.from("new"), {
      contentType: "x/y",
    });
    world.clock.advance(24 * hour);
    await madeHead(world, ask);
    expect(listed(await listOf(world), world.mailbox().id)).toMatchObject([
      { ...before, disputed: { seq, sha256: sha256(Buffer.from("forged")) } },
    ]);
  });

  it("names a mailbox whose whole ledger is gone", async () => {
    await using world = await aWorld();
    const ask = anApi(world.app);
    await world.run(await world.profile());
    await madeHead(world, ask);
    for (const name of world.edges.blobs.names())
      if (name.includes("/ledger/")) world.edges.blobs.tamper(name, undefined);
    world.clock.advance(24 * hour);
    expect((await madeHead(world, ask)).mailboxes).toMatchObject({ count: 1, disputed: 1 });
    expect((await listOf(world))[0]?.disputed).toEqual({ seq: 0, sha256: null });
  });

  it("is shown as damaged when any of its parts is other than it was", async () => {
    await using world = await aWorld();
    const ask = anApi(world.app);
    await world.run(await world.profile());
    const { id, signature } = await madeHead(world, ask);
    for (const name of [`heads/${id}.json`, `heads/${id}.sig.json`, `heads/keys/${signature.kid}.json`]) {
      const { bytes } = await world.edges.blobs.get(name);
      const wrong = Uint8Array.from(bytes);
      const at = Buffer.from(bytes).indexOf(name.includes("keys") ? '"x": "' : '256":"') + 8;
      wrong[at] = wrong[at] === 0x41 ? 0x42 : 0x41;
      world.edges.blobs.tamper(name, wrong);
      expect((await ask("GET", `/heads/${id}`)).json, name).toMatchObject({ status: "damaged" });
      world.edges.blobs.tamper(name, bytes);
    }
    expect((await ask("GET", `/heads/${id}`)).json.status).toBe("made");
    expect((await ask("GET", "/heads/2020-01-01")).json.code).toBe("HEAD_NOT_FOUND");
  });
});

describe("making a head", () => {
  it("goes on where the worker before ran out of time", async () => {
    const blobs = memoryBlobStore();
    let late = () => {};
    const slow = {
      ...blobs,
      list: (prefix: string, after?: string) => {
        if (prefix.endsWith("/ledger/")) late();
        return blobs.list(prefix, after);
      },
    };
    await using world = await aWorld({ edges: (edges) => ({ ...edges, blobs: slow }) });
    late = () => world.clock.advance(10_000);
    const ids = Array.from({ length: 200 }, (_, index) => `m-${String(index).padStart(4, "0")}` as MailboxId);
    for (const id of ids) await blobs.putIfAbsent(ledgerName(id, 1), Buffer.from(id), { contentType: "x/y" });
    const ask = anApi(world.app);
    const { id } = (await ask("POST", "/heads")).json;
    let items = 0;
    for (let item = world.queue.receive(); item !== undefined; item = world.queue.receive(), items++)
      await world.app.work(item);
    expect(items).toBeGreaterThan(2);
    expect((await ask("GET", `/heads/${id}`)).json.mailboxes.count).toBe(200);
    expect(decodeList((await blobs.get(`heads/${id}.mailboxes.jsonl`)).bytes).map(({ mailbox }) => mailbox)).toEqual(
      ids,
    );
    expect(world.edges.exports.names()).toEqual([]);
  });

  it("does not wait for a key that fails, names it, and signs later", async () => {
    let fails = true;
    await using world = await aWorld({
      edges: (edges) => ({
        ...edges,
        signer: {
          publicKey: async () => {
            if (fails) throw new MailkeepError("forbidden", "Key Vault answered 403", { reason: "Forbidden" });
            return (edges.signer as NonNullable<typeof edges.signer>).publicKey();
          },
          sign: async (bytes, key) => (edges.signer as NonNullable<typeof edges.signer>).sign(bytes, key),
        },
      }),
    });
    const ask = anApi(world.app);
    const head = await madeHead(world, ask);
    expect(head).toMatchObject({ status: "made", signature: null, problem: { code: "Forbidden" } });
    expect(head.problem.message).toContain("without its signature");
    const unwell = await ask("GET", "/health");
    expect(unwell.status).toBe(503);
    expect(unwell.json.edges).toContainEqual(expect.objectContaining({ name: "heads", ok: false }));
    fails = false;
    world.clock.advance(24 * hour);
    await world.app.nightly();
    await world.settle();
    const { json } = await ask("GET", "/heads");
    expect(json.value.map(({ problem, signature }: typeof head) => [problem, signature.alg])).toEqual([
      [null, "ES256"],
      [null, "ES256"],
    ]);
    expect((await ask("GET", "/health")).status).toBe(200);
  });

  it("is stamped where there is an authority, later if it fails now", async () => {
    await using tsa = await aTsa(new Date("2026-03-01T02:15:00Z"));
    await using world = await aWorld({
      edges: (edges) => ({ ...edges, stamper: rfc3161Stamper(tsa.url, { random: edges.random, log: edges.log }) }),
    });
    const ask = anApi(world.app);
    tsa.fault = "other bytes";
    const { id, signature, problem, timestamped } = await madeHead(world, ask);
    expect([timestamped, signature.alg, problem.code]).toEqual([false, "ES256", "TIMESTAMP_WRONG"]);
    expect(tsa.requests).toBe(4);
    expect(world.edges.blobs.names()).not.toContain(`heads/${id}.tsr`);
    const { edges } = (await ask("GET", "/health")).json;
    const told = edges.find(({ name }: { name: string }) => name === "heads");
    expect(told.problem).toContain(`${id} is without its timestamp`);
    tsa.fault = undefined;
    world.clock.advance(24 * hour);
    await world.app.nightly();
    await world.settle();
    const { value } = (await ask("GET", "/heads")).json;
    expect(value.map((head: { timestamped: boolean; problem: null }) => [head.timestamped, head.problem])).toEqual([
      [true, null],
      [true, null],
    ]);
  });

  it("is sent again when the queue has lost it", async () => {
    await using world = await aWorld();
    const { id } = (await anApi(world.app)("POST", "/heads")).json;
    world.queue.receive();
    world.clock.advance(20 * minute);
    await world.app.tidy();
    await world.settle();
    expect((await world.app.heads.get(HeadId.parse(id))).status).toBe("made");
  });
});

async function listOf(world: World) {
  const names = world.edges.blobs.names().filter((name) => name.endsWith(".mailboxes.jsonl"));
  return decodeList((await world.edges.blobs.get(names.at(-1) ?? "")).bytes);
}

const listed = (list: Awaited<ReturnType<typeof listOf>>, id: MailboxId) =>
  list.filter(({ mailbox }) => mailbox === id);

it("has a format that is frozen", () => {
  const signature = { format: "mailkeep-signature", formatVersion: 1, head: day, sha256: "0".repeat(64), kid: "k" };
  const whole = { ...signature, alg: "ES256", development: false, signature: "", signedAt: "2026-03-01T02:15:00.000Z" };
  expect(decodeSignature(Buffer.from(JSON.stringify(whole)))).toEqual(whole);
});
