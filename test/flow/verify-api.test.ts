// Verification as it is really asked for: over HTTP, of what runs really archived, while another run goes on.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../../lib/core/digest.js";
import { verifyInclusion } from "../../lib/ledger/merkle.js";
import { ledgerName } from "../../lib/ledger/record.js";
import { aWorld, type World } from "../build/a-world.js";
import { type Ask, anApi } from "../unit/http/an-api.js";

let world: World;
let ask: Ask;
beforeAll(async () => {
  world = await aWorld({ tenant: { mailboxes: 3, messagesPerMailbox: 40 } });
  ask = anApi(world.app);
  await world.run(await world.profile());
});
afterAll(() => world[Symbol.asyncDispose]());

async function verified(body: object) {
  world.clock.advance(1_000);
  const asked = await ask("POST", "/verify", { body });
  expect(asked.status).toBe(202);
  expect(asked.headers.get("location")).toBe(`/api/v1/verify/${asked.json.id}`);
  expect(asked.json).toMatchObject({ status: "pending", proves: [] });
  await world.settle();
  return (await ask("GET", `/verify/${asked.json.id}`)).json;
}

describe("POST /verify", () => {
  it("reads back all that was archived, and changes of mail do not disturb it", async () => {
    const wanted = [0, 1, 2].flatMap((index) => world.wanted(world.mailbox(index).id));
    const told = await verified({});
    expect(told).toMatchObject({ status: "succeeded", depth: "full", findings: { count: 0 }, mailboxes: { done: 3 } });
    expect(told.mailboxes.total).toBe(3);
    expect(told.read.messages).toBe(wanted.length);
    expect(told.read.rows).toBe(2 * wanted.length);
    const { id } = world.mailbox();
    const [first, second] = world.tenant.mailboxes.inventory(id).filter(({ folderPath }) => folderPath === "/Inbox");
    world.tenant.mailboxes.move(id, first?.id ?? "", "archive");
    world.tenant.mailboxes.remove(id, second?.id ?? "");
    world.tenant.mailboxes.deliver(id, "inbox", "Subject: late\r\n\r\nlate\r\n");
    await world.run((await ask("GET", "/profiles")).json.value[0].id);
    const again = await verified({ mailboxes: [id] });
    expect(again).toMatchObject({ status: "succeeded", findings: { count: 0 }, mailboxes: { total: 1 } });
  });

  it("names the mailbox and its head, and a chain alone", async () => {
    const { id } = world.mailbox(1);
    const told = await verified({ mailboxes: [id], depth: "chain" });
    expect(told).toMatchObject({ status: "succeeded", read: { messages: 0 } });
    const { json } = await ask("GET", `/verify/${told.id}/mailboxes`);
    const [{ head, mailbox, status }] = json.value;
    expect([mailbox, status]).toEqual([id, "succeeded"]);
    expect(sha256((await world.edges.blobs.get(ledgerName(id, head.seq))).bytes)).toBe(head.sha256);
  });

  it("refuses what it does not know", async () => {
    const refused = async (body: object) => (await ask("POST", "/verify", { body })).json.code;
    expect(await refused({ mailboxes: ["nobody"] })).toBe("MAILBOX_NOT_FOUND");
    expect(await refused({ mailboxes: [] })).toBe("INVALID_INPUT");
    expect(await refused({ mailboxes: ["../x"] })).toBe("INVALID_INPUT");
    expect(await refused({ depth: "deep" })).toBe("INVALID_INPUT");
    expect(await refused({ else: 1 })).toBe("INVALID_INPUT");
    expect((await ask("GET", "/verify/v_0000000000000_00000000")).json.code).toBe("VERIFICATION_NOT_FOUND");
    expect((await ask("POST", "/verify/v_0000000000000_00000000/cancel")).json.code).toBe("VERIFICATION_NOT_FOUND");
  });

  it("is cancelled by a person", async () => {
    world.clock.advance(1_000);
    const { id } = (await ask("POST", "/verify", { body: {} })).json;
    expect(await ask("POST", `/verify/${id}/cancel`)).toMatchObject({ status: 202, json: { status: "cancelled" } });
    await world.settle();
    expect((await ask("GET", `/verify/${id}`)).json).toMatchObject({ status: "cancelled", mailboxes: { total: 0 } });
  });

  it("shows what the queue has given up on, and finishes what it has lost", async () => {
    world.clock.advance(1_000);
    const { id } = (await ask("POST", "/verify", { body: {} })).json;
    await world.app.work(world.queue.receive() ?? "");
    const [poisoned, ...lost] = [...world.queue.visible()];
    expect(lost.length).toBe(2);
    await world.app.poison(poisoned ?? "");
    world.clock.advance(20 * 60_000);
    await world.app.tidy();
    await world.settle();
    const { json } = await ask("GET", `/verify/${id}`);
    expect(json).toMatchObject({ status: "failed", proves: [], mailboxes: { total: 3, done: 3, failed: 1 } });
    expect(json.problems).toEqual([expect.objectContaining({ code: "WORK_ITEM_POISONED" })]);
  });

  it("is begun each night for a share", async () => {
    world.clock.advance(1_000);
    await world.app.nightly();
    // The share, and the head.
    expect(
      world.queue
        .items()
        .map(({ item }) => JSON.parse(item).kind)
        .sort(),
    ).toEqual(["head", "verify"]);
    await world.settle();
  });
});

it("gives the proof of a message that its bytes keep", async () => {
  const { id } = world.mailbox(2);
  const [{ key }] = (await ask("GET", `/mailboxes/${id}/messages`)).json.value;
  const { json } = await ask("GET", `/mailboxes/${id}/messages/${key}/proof`);
  const eml = (await ask("GET", `/mailboxes/${id}/messages/${key}/eml`)).bytes;
  expect(json.message).toEqual({ key, sha256: sha256(eml), size: eml.length });
  const { index, count, path, root } = json.inclusion;
  const hex = (hash: string) => Buffer.from(hash, "hex");
  const leaf = hex(sha256(eml));
  expect(verifyInclusion({ leaf, index, count, proof: path.map(hex), root: hex(root) })).toBe(true);
});
