// The container and the tables disagree: nobody is told that all is well.
import { expect, it } from "vitest";
import { ledgerPrefix } from "../../lib/ledger/record.js";
import { aWorld, type World } from "../build/a-world.js";

async function archivedTwice() {
  const world = await aWorld({ tenant: { messagesPerMailbox: 5 } });
  const { id } = world.mailbox();
  const profile = await world.profile();
  await world.run(profile);
  world.tenant.mailboxes.deliver(id, "inbox", "Subject: late\r\n\r\nbody\r\n");
  await world.run(profile);
  const records = world.edges.blobs.names().filter((name) => name.startsWith(ledgerPrefix(id)));
  return { world, id, profile, records };
}

const part = async (world: World, run: { id: string }) =>
  (await world.parts(run.id)).find(({ mailbox }) => mailbox === world.mailbox().id);

it("fails the mailbox when the container has lost its ledger", async () => {
  const { world, profile, records } = await archivedTwice();
  await using _ = world;
  for (const name of records) world.edges.blobs.tamper(name, undefined);
  const run = await world.run(profile);
  expect(await part(world, run)).toMatchObject({ status: "failed", reason: "LEDGER_BEHIND_TABLES" });
});

it("fails the mailbox when the last record is another one than the tables know", async () => {
  const { world, profile, records } = await archivedTwice();
  await using _ = world;
  const first = await world.edges.blobs.get(records[0] ?? "");
  world.edges.blobs.tamper(records.at(-1) ?? "", first.bytes);
  const run = await world.run(profile);
  expect(await part(world, run)).toMatchObject({ status: "failed", reason: "LEDGER_BEHIND_TABLES" });
});
