// The directory before a run: what is new in it, who came and who left, and what a profile does that may not read it itself.
import { expect, it } from "vitest";
import { RunId } from "../../lib/core/ids.js";
import { day } from "../../lib/core/time.js";
import { resyncShapes } from "../../lib/local/tenant/delta.js";
import { aWorld, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const asked = (world: World, route: string) => world.tenant.counters().byRoute[route]?.requests ?? 0;
/** A sync by changes asks once how many users there are; the others are pages of all of them. */
const usersRead = (world: World) => asked(world, "GET /users") - syncsByChanges(world);
const syncsByChanges = (world: World) => asked(world, "GET /users/delta") - 1;

it("is read once as a whole and then by its changes, and the run says who came and who left", async () => {
  await using world = await aWorld({ tenant: { mailboxes: 3, messagesPerMailbox: 2 } });
  const { mailboxes } = world.tenant;
  const profile = await world.profile();
  const first = await world.run(profile);
  expect(first.directory).toMatchObject({ since: null, joinedCount: 0, leftCount: 0 });
  expect(usersRead(world)).toBe(1);

  const template = mailboxes.person(world.mailbox().id);
  const id = "eeeeeeee-0000-4000-a000-000000000001";
  const address = "new.hire@contoso.example";
  const names = {
    displayName: "New Hire",
    userPrincipalName: address,
    mail: address,
    proxyAddresses: [`SMTP:${address}`],
  };
  mailboxes.addPerson({ ...template, id, ...names });
  mailboxes.deliver(id, "inbox", "Subject: welcome\r\n\r\nhello\r\n");
  const second = await world.run(profile);
  expect(second.directory).toMatchObject({
    since: first.directory?.syncedAt,
    joined: [{ id, address }],
    joinedCount: 1,
    left: [],
  });
  expect((await readBack(world.edges.blobs, world.mailbox(3).id)).stored).toHaveLength(1);

  mailboxes.removePerson(id);
  const third = await world.run(profile);
  expect(third.directory).toMatchObject({ joinedCount: 0, left: [{ id, address }], leftCount: 1 });
  const leaver = await world.app.mailboxes.get(second.directory?.joined[0]?.id as never);
  expect(leaver).toMatchObject({ excluded: "LEFT_DIRECTORY", leftAt: third.directory?.syncedAt });
  expect(leaver.archive.messages).toBe(1);
  expect((await world.parts(third.id)).find(({ mailbox }) => mailbox === id)).toMatchObject({
    status: "excluded",
    reason: "LEFT_DIRECTORY",
  });
  const fourth = await world.run(profile);
  expect(fourth.directory).toMatchObject({ joinedCount: 0, leftCount: 0 });
  expect(usersRead(world)).toBe(1);
  expect(world.tenant.counters().unknownRoutes).toEqual([]);
});

it("keeps what it knows of people of whom only the change is told", async () => {
  await using world = await aWorld({ tenant: { mailboxes: 2, messagesPerMailbox: 0 } });
  await world.app.mailboxes.sync();
  const { id, address } = world.mailbox();
  const before = await world.app.mailboxes.get(id);
  world.tenant.mailboxes.changePerson(id, { displayName: "Anna Married" });
  expect(await world.app.mailboxes.sync()).toMatchObject({ full: false, joined: 0, left: 0 });
  expect(await world.app.mailboxes.get(id)).toMatchObject({
    ...before,
    seenAt: expect.any(String),
    displayName: "Anna Married",
    address,
  });
  world.tenant.mailboxes.changePerson(id, { mail: null, proxyAddresses: [] });
  await world.app.mailboxes.sync();
  expect(await world.app.mailboxes.get(id)).toMatchObject({ excluded: "NO_MAIL_ADDRESS", addresses: [] });
});

it.each(resyncShapes)(
  "is read as a whole again when its link died (%s), and nobody leaves by that",
  async (resyncShape) => {
    await using world = await aWorld({ tenant: { mailboxes: 2, messagesPerMailbox: 0 } });
    await world.app.mailboxes.sync();
    world.tenant.faults.set({ delta: { resyncShape } });
    world.tenant.mailboxes.expireDirectoryTokens();
    expect(await world.app.mailboxes.sync()).toMatchObject({ full: true, left: 0, joined: 0, users: 5 });
    expect(await world.app.mailboxes.sync()).toMatchObject({ full: false, users: 5 });
    world.clock.advance(7 * day);
    expect(await world.app.mailboxes.sync()).toMatchObject({ full: true, left: 0 });
  },
);

it("is read as a whole each time where it tells no changes", async () => {
  await using world = await aWorld({ tenant: { mailboxes: 2, messagesPerMailbox: 0 } });
  const none = { kind: "status", status: 400, code: "Request_BadRequest" } as const;
  world.tenant.faults.set({ rules: [{ route: "GET /users/delta", do: none }] });
  for (let n = 0; n < 2; n++) expect(await world.app.mailboxes.sync()).toMatchObject({ full: true, users: 5 });
});

it("loses nobody when the changes break off in the middle", async () => {
  await using world = await aWorld({ tenant: { mailboxes: 2, messagesPerMailbox: 0 } });
  await world.app.mailboxes.sync();
  world.tenant.mailboxes.removePerson(world.mailbox(1).id);
  world.tenant.faults.set({ rules: [{ route: "GET /users/delta", nth: 1, do: { kind: "truncated-json" } }] });
  expect(await world.app.mailboxes.sync()).toMatchObject({ full: false, left: 1, users: 4 });
});

it("must have been read for a profile that does not read it itself", async () => {
  await using world = await aWorld();
  const profile = await world.profile({ syncDirectoryFirst: false });
  await expect(world.app.profiles.run(profile)).rejects.toMatchObject({
    code: "conflict",
    reason: "DIRECTORY_SYNC_REQUIRED",
    message: expect.stringContaining("POST /api/v1/directory/sync"),
  });
  expect((await world.app.runs.list({ limit: 10 })).value).toEqual([]);
  await world.app.mailboxes.sync();
  const run = await world.run(profile);
  expect(run).toMatchObject({ status: "succeeded", problems: [] });
  expect(usersRead(world)).toBe(1);
});

it("fails a scheduled run of such a profile with the same words", async () => {
  await using world = await aWorld();
  await world.profile({ syncDirectoryFirst: false, schedule: { cron: "0 0 9 * * *" } });
  world.clock.advance(day);
  await world.app.schedule();
  await world.settle();
  const [run] = (await world.app.runs.list({ limit: 10 })).value;
  expect(await world.app.runs.get(RunId.parse(run?.id))).toMatchObject({
    status: "failed",
    problems: [{ code: "DIRECTORY_SYNC_REQUIRED" }],
  });
});
