// Two tenants, each through a connection of its own: nothing of one reaches the other.
import { expect, it } from "vitest";
import { ConnectionId, type MailboxId } from "../../lib/core/ids.js";
import { startTenant } from "../../lib/local/tenant/server.js";
import { aWorld } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const fabrikam = ConnectionId.parse("Fabrikam");
const list = async (world: Awaited<ReturnType<typeof aWorld>>, connection?: ConnectionId) =>
  (await world.app.mailboxes.list({ limit: 100, ...(connection && { connection }) })).value;

it("archives each mailbox from its own tenant", async () => {
  const other = await startTenant({ mailboxes: 2, messagesPerMailbox: 6, hugeMessageBytes: 0, seed: "fabrikam" });
  await using world = await aWorld({ tenants: { Fabrikam: other } });
  const theirs = other.mailboxes.list().map(({ id }) => id);
  const ours = world.tenant.mailboxes.list().map(({ id }) => id);

  const run = await world.run(await world.profile({ connection: "fabrikam" }));
  expect(run).toMatchObject({ status: "succeeded", connection: "Fabrikam", tally: { quarantined: 0 } });
  expect((await world.parts(run.id)).map(({ mailbox }) => mailbox)).toEqual(expect.arrayContaining(theirs));
  for (const id of theirs) {
    const { stored } = await readBack(world.edges.blobs, id as MailboxId);
    const wanted = other.mailboxes.inventory(id).filter(({ folderPath }) => folderPath.startsWith("/Inbox"));
    expect(stored.map(({ id }) => id)).toEqual(expect.arrayContaining(wanted.map(({ id }) => id)));
  }

  await world.run(await world.profile());
  expect(new Set((await list(world)).map(({ connection }) => connection))).toEqual(new Set(["default", "Fabrikam"]));
  expect((await list(world, fabrikam)).map(({ id }) => id)).toEqual(expect.arrayContaining(theirs));
  expect((await list(world, fabrikam)).map(({ id }) => id)).not.toEqual(expect.arrayContaining(ours));
  expect(await world.app.mailboxes.folders(theirs[0] as MailboxId)).toMatchObject({ source: "mailbox" });
  await other.close();
});

it("leaves a mailbox to the connection that named it first, when two lead to one tenant", async () => {
  const tenant = await startTenant({ mailboxes: 2, messagesPerMailbox: 3, hugeMessageBytes: 0 });
  await using world = await aWorld({ shared: tenant, tenants: { Again: tenant } });
  await world.app.mailboxes.sync();
  const run = await world.run(await world.profile({ connection: "Again" }));
  expect(run).toMatchObject({ status: "failed", tally: { stored: 0 } });
  for (const part of await world.parts(run.id)) expect(part.status).toBe("excluded");
  const reasons = new Set((await world.parts(run.id)).map(({ reason }) => reason));
  expect(reasons).toContain("MAILBOX_IN_OTHER_CONNECTION");
  const all = await list(world);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  expect(new Set(all.map(({ connection }) => connection))).toEqual(new Set(["default"]));
  await tenant.close();
});

it("refuses a profile whose connection there is not", async () => {
  await using world = await aWorld();
  await expect(world.profile({ connection: "nowhere" })).rejects.toMatchObject({
    code: "invalid",
    reason: "CONNECTION_NOT_FOUND",
    field: "connection",
  });
});
