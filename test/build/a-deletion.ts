// A world with old mail in a mailbox and a profile whose deletion rule is on, after the dry run that it needs.

import { RunId } from "../../lib/core/ids.js";
import { day } from "../../lib/core/time.js";
import { readRecord } from "../../lib/ledger/journal.js";
import type { LedgerEvent } from "../../lib/ledger/record.js";
import type { Profile } from "../../lib/profiles/profile.js";
import type { World } from "./a-world.js";

export const longAgo = new Date("2025-01-01T08:00:00Z");

export function withAttachment(n: number): string {
  const content = Buffer.alloc(6_000, `attachment ${n} `).toString("base64").replace(/.{76}/g, "$&\r\n");
  return `From: a@contoso.example\r\nSubject: m${n}\r\nContent-Transfer-Encoding: base64\r\n\r\n${content}\r\n`;
}

export const plain = (n: number) => `From: a@contoso.example\r\nSubject: plain ${n}\r\n\r\nHello ${n}\r\n`;

/** `count` old messages in the inbox; returns their ids. */
export function deliverOld(world: World, count: number, folder = "inbox"): string[] {
  const { id } = world.mailbox();
  return Array.from({ length: count }, (_, n) =>
    world.tenant.mailboxes.deliver(id, folder, {
      eml: n % 2 === 0 ? withAttachment(n) : plain(n),
      receivedAt: new Date(longAgo.getTime() + n * 60_000),
      isRead: true,
    }),
  );
}

export const rule = { mode: "afterArchive" as const, olderThanDays: 90, action: "delete" as const, graceDays: 7 };

/** Archives, lets the grace days pass, and does the dry run. */
export async function dryRun(world: World, change: object = {}) {
  const deletion = { ...rule, dryRun: true, ...change };
  const profile = await world.profile({ deletion });
  await world.run(profile);
  world.clock.advance(8 * day);
  const run = await world.run(profile);
  return { profile, run };
}

/** The rule is on: the next run deletes. */
export async function switchedOn(world: World, change: object = {}) {
  const { profile, run } = await dryRun(world, change);
  await put(world, profile, change);
  return { profile, dry: run };
}

export async function put(world: World, id: Profile["id"], change: object = {}, whole: object = {}): Promise<void> {
  const { profile, etag } = await world.app.profiles.get(id);
  const { id: _, createdAt: __, updatedAt: ___, ...input } = profile;
  const deletion = { ...input.deletion, dryRun: false, ...change } as typeof input.deletion;
  await world.app.profiles.replace(id, { ...input, deletion, ...whole }, etag);
}

/** Events of one kind in the ledger, in order. */
export async function events<K extends LedgerEvent["kind"]>(world: World, kind: K) {
  const found: Extract<LedgerEvent, { kind: K }>[] = [];
  for (let seq = 1; ; seq++) {
    const read = await readRecord(world.edges.blobs, world.mailbox().id, seq);
    if (read === undefined) return found;
    for (const event of read.record.events)
      if (event.kind === kind) found.push(event as Extract<LedgerEvent, { kind: K }>);
  }
}

export const partOf = async (world: World, run: string) =>
  (await world.parts(run)).find(({ mailbox }) => mailbox === world.mailbox().id);

export const listed = async (world: World, run: string) =>
  (await world.app.deletions.list(RunId.parse(run), { limit: 1_000 })).value;

/** Where the sample tenant has a message now; undefined when it is gone for good. */
export const placeOf = (world: World, id: string) =>
  world.tenant.mailboxes.inventory(world.mailbox().id).find((message) => message.id === id)?.folderPath;
