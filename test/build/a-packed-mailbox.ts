// A mailbox of many small packs, as daily runs leave behind, and what an auditor asks of it.
import { expect } from "vitest";
import { minute } from "../../lib/core/time.js";
import type { HousekeepingKind } from "../../lib/housekeeping/housekeeping.js";
import { byId, type World } from "./a-world.js";
import { readBack } from "./read-back.js";

export const content = (n: number) => Buffer.alloc(6_000, `attachment ${n} `);

export const eml = (n: number) =>
  `From: a@contoso.example\r\nSubject: m${n}\r\nContent-Transfer-Encoding: base64\r\n\r\n${content(n)
    .toString("base64")
    .replace(/.{76}/g, "$&\r\n")}\r\n`;

/** One run for each pack, with two messages that share no attachment. */
export async function deliverPacks(world: World, packs: number): Promise<Parameters<World["run"]>[0]> {
  const { id: box } = world.mailbox();
  const profile = await world.profile();
  for (let n = 0; n < packs; n++) {
    world.tenant.mailboxes.deliver(box, "inbox", eml(2 * n));
    world.tenant.mailboxes.deliver(box, "inbox", `Subject: plain ${n}\r\n\r\nHello ${n}\r\n`);
    await world.run(profile);
    world.clock.advance(minute);
  }
  return profile;
}

export const packsOf = (world: World) => world.edges.blobs.names().filter((name) => name.includes("/packs/"));

const wish = { dryRun: true, graceDays: 7 } as const;
export type Kind = HousekeepingKind;

export async function plan(world: World, kind: Kind, change: object = {}) {
  const { id } = await world.app.housekeeping.request({ ...wish, kind, ...change });
  await world.settle();
  return world.app.housekeeping.get(id);
}

type Id = Parameters<World["app"]["housekeeping"]["get"]>[0];

export async function apply(world: World, { id, kind }: { id: Id; kind: Kind }) {
  const applied = await world.app.housekeeping.request({ ...wish, kind, dryRun: false, plan: id });
  await world.settle();
  return world.app.housekeeping.get(applied.id);
}

/** Every message once, byte for byte, by the ledger and through the door; nothing found by a verification. */
export async function expectWhole(world: World, depth: "full" | "chain" = "full"): Promise<void> {
  const { id: box } = world.mailbox();
  const { stored } = await readBack(world.edges.blobs, box);
  expect(stored.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(box));
  const { value } = await world.app.messages.list(box, { limit: "200" } as never);
  expect(value.map(({ immutableId: id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(box));
  for (const { key, sha256 } of value) {
    const eml = await world.app.messages.eml(box, key);
    for await (const _ of await eml.open());
    expect(eml.sha256).toBe(sha256);
  }
  expect(await verified(world, depth)).toMatchObject({ status: "succeeded", findings: { count: 0, kept: [] } });
}

export async function verified(world: World, depth: "full" | "chain" = "full") {
  const { id } = await world.app.verify.request({ depth } as never);
  await world.settle();
  return world.app.verify.get(id as never);
}
