// What one mailbox answers when it is asked for its kind is no matter of the others, nor of its own mail.
import { expect, it } from "vitest";
import { aWorld, byId } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

it.each([
  [400, "ErrorInvalidRequest"],
  [400, undefined],
  [401, "InvalidAuthenticationToken"],
  [404, "UnknownError"],
  [405, "ErrorInvalidHttpMethod"],
  [409, "ErrorIrresolvableConflict"],
  [410, "ErrorGone"],
  [501, "NotImplemented"],
])("%i %s: all mailboxes are archived, its own too", async (status, code) => {
  await using world = await aWorld({ tenant: { mailboxes: 2, messagesPerMailbox: 3 } });
  const odd = world.mailbox(1).id;
  const answer = { kind: "status" as const, status, ...(code !== undefined && { code }) };
  world.tenant.faults.set({ rules: [{ route: "GET /users/{user}/mailboxSettings", mailbox: odd, do: answer }] });
  const run = await world.run(await world.profile());
  expect(run).toMatchObject({ status: "succeeded", mailboxes: { total: 2, done: 2 } });
  for (const { id } of [world.mailbox(0), world.mailbox(1)]) {
    const { stored } = await readBack(world.edges.blobs, id);
    expect(stored.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(id));
  }
  expect((await world.app.mailboxes.get(odd as never)).kind).toBe("unknown");
});

it("a name longer than any table takes stands in nobody's way", async () => {
  await using world = await aWorld({ tenant: { mailboxes: 1, messagesPerMailbox: 3 } });
  const { mailboxes } = world.tenant;
  const id = "eeeeeeee-0000-4000-a000-000000000001";
  const mail = "long@contoso.example";
  const names = { userPrincipalName: mail, mail, proxyAddresses: [`SMTP:${mail}`] };
  mailboxes.addPerson({ ...mailboxes.person(world.mailbox().id), id, ...names, displayName: "x".repeat(70_000) });
  expect(await world.run(await world.profile())).toMatchObject({ status: "succeeded" });
  expect((await world.app.mailboxes.get(id as never)).displayName).toBe("x".repeat(256));
});
