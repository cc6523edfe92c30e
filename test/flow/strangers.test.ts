// Whom the directory's changes and lists do not tell of: the directory itself is asked before anybody is called unknown.
import { describe, expect, it } from "vitest";
import { RunId } from "../../lib/core/ids.js";
import type { Person } from "../../lib/local/tenant/people.js";
import { aWorld, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const domain = "contoso.example";
const id = "eeeeeeee-0000-4000-a000-000000000001";
const address = `new.hire@${domain}`;
const alias = `nh@${domain}`;
const dn = "CN=Hire\\, New,OU=Legal,DC=contoso,DC=example";

/** A synced snapshot, and after it a user of whom nothing is told. */
async function withNewcomer(missingIn: Person["missingIn"], change: Partial<Person> = {}): Promise<World> {
  const world = await aWorld({ tenant: { mailboxes: 2, messagesPerMailbox: 1 } });
  await world.app.mailboxes.sync();
  const { mailboxes } = world.tenant;
  const template = mailboxes.person(world.mailbox().id);
  mailboxes.addPerson({
    ...template,
    id,
    displayName: "New Hire",
    userPrincipalName: `${id.slice(0, 8)}@${domain}`,
    mail: address,
    proxyAddresses: [`SMTP:${address}`, `smtp:${alias}`],
    onPremisesDistinguishedName: dn,
    ...(missingIn && { missingIn }),
    ...change,
  });
  if (!("absent" in (change.mailbox ?? {}))) mailboxes.deliver(id, "inbox", "Subject: welcome\r\n\r\nhello\r\n");
  return world;
}

async function ran(world: World, mailboxes: object, input: object = {}) {
  const run = await world.run(await world.profile({ mailboxes, ...input }));
  const parts = await world.parts(run.id);
  return { run, parts, codes: run.problems.map(({ code }) => code) };
}

const asked = (world: World, route: string) => world.tenant.counters().byRoute[route]?.requests ?? 0;

describe("somebody whom nothing told of", () => {
  it.each([
    ["address", address],
    ["alias", alias],
    ["user principal name", `${id.slice(0, 8)}@${domain}`],
    ["object id", id.toUpperCase()],
    ["distinguished name", "cn=Hire\\, New, ou=legal,dc=contoso,DC=example"],
  ])("is found by %s, archived, and stays in the snapshot", async (_, name) => {
    await using world = await withNewcomer("lists");
    const { run, parts, codes } = await ran(world, { mode: "single", mailboxes: [name] });
    expect({ status: run.status, codes }).toEqual({ status: "succeeded", codes: [] });
    expect(parts).toMatchObject([{ mailbox: id, address, status: "succeeded" }]);
    expect((await readBack(world.edges.blobs, id as never)).stored).toHaveLength(1);
    expect(await world.app.mailboxes.get(id as never)).toMatchObject({ kind: "user", displayName: "New Hire" });
    // Neither the changes nor the whole list speak of the user; that is no leave.
    world.tenant.mailboxes.expireDirectoryTokens();
    expect(await world.app.mailboxes.sync()).toMatchObject({ full: true, left: 0 });
    expect(world.tenant.counters().unknownRoutes).toEqual([]);
  });

  it("is found as a member of a group, also by a profile that does not sync", async () => {
    await using world = await withNewcomer("changes");
    const { mailboxes } = world.tenant;
    const group = { ...mailboxes.group("Leadership"), members: [id, world.mailbox().id] };
    mailboxes.putGroup(group);
    const { run, parts, codes } = await ran(world, { mode: "only", groups: [group.id] }, { syncDirectoryFirst: false });
    expect({ status: run.status, codes }).toEqual({ status: "succeeded", codes: [] });
    expect(parts.map((part) => part.mailbox).sort()).toEqual([id, world.mailbox().id].sort());
  });

  it("is found as a member that may not be read, whose kind nobody says", async () => {
    await using world = await withNewcomer("changes");
    const { mailboxes } = world.tenant;
    const group = { ...mailboxes.group("Leadership"), members: [id], hidden: [id] };
    mailboxes.putGroup(group);
    expect((await ran(world, { mode: "only", groups: [group.id] })).parts).toMatchObject([{ mailbox: id }]);
  });

  it("is archived by a profile over all mailboxes: the directory counts more people than its changes tell of", async () => {
    await using world = await withNewcomer("changes");
    expect((await ran(world, { mode: "all" })).parts.find(({ mailbox }) => mailbox === id)).toMatchObject({
      status: "succeeded",
    });
    const before = asked(world, "GET /users/delta");
    expect(await world.app.mailboxes.sync()).toMatchObject({ full: false });
    expect(asked(world, "GET /users/delta")).toBe(before + 1);
  });

  it("can be excepted", async () => {
    await using world = await withNewcomer("lists");
    const { run, parts } = await ran(world, { mode: "except", mailboxes: [address] });
    expect(run.status).toBe("succeeded");
    expect(parts.find(({ mailbox }) => mailbox === id)).toMatchObject({
      status: "excluded",
      reason: "EXCEPTED_BY_PROFILE",
    });
  });

  it.each([
    ["a guest", { userType: "Guest", mailbox: { absent: "ErrorInvalidUser" } }, "GUEST"],
    ["one without a mailbox", { mailbox: { absent: "MailboxNotEnabledForRESTAPI" } }, "MailboxNotEnabledForRESTAPI"],
  ] as const)("is left out with the reason when it is %s", async (_, change, reason) => {
    await using world = await withNewcomer("lists", change as Partial<Person>);
    const { run, codes } = await ran(world, { mode: "only", mailboxes: [address] });
    expect({ status: run.status, codes }).toEqual({ status: "failed", codes: [reason] });
  });

  it("is shown by a preview, which writes nothing", async () => {
    await using world = await withNewcomer("lists");
    const profile = { name: "p", mailboxes: { mode: "only", mailboxes: [address] } };
    const { ProfileInput } = await import("../../lib/profiles/profile.js");
    const preview = await world.app.preview.draft(ProfileInput.parse(profile));
    expect(preview).toMatchObject({ chosen: [{ id, address }], unresolved: [] });
    await expect(world.app.mailboxes.get(id as never)).rejects.toMatchObject({ reason: "MAILBOX_NOT_FOUND" });
  });
});

describe("a directory that does not answer", () => {
  const silent = (world: World, status: number, code: string) =>
    world.tenant.faults.set({ rules: [{ route: "GET /users/{user}", do: { kind: "status", status, code } }] });

  it("makes nobody unknown: what is asked of it is asked again, and is a gap with its own name at last", async () => {
    await using world = await withNewcomer("lists");
    silent(world, 503, "ServiceUnavailable");
    const profile = await world.profile({ mailboxes: { mode: "only", mailboxes: [address, world.mailbox().address] } });
    const { run } = await world.app.profiles.run(profile);
    await world.app.work(world.queue.receive() ?? "");
    expect(await world.app.runs.get(RunId.parse(run.id))).toMatchObject({
      status: "pending",
      problems: [{ code: "DIRECTORY_UNANSWERED" }],
    });
    await world.settle();
    const ended = await world.app.runs.get(RunId.parse(run.id));
    expect(ended).toMatchObject({
      status: "succeededWithGaps",
      problems: [{ code: "DIRECTORY_UNANSWERED", message: expect.stringContaining("ServiceUnavailable") }],
    });
    expect((await world.parts(run.id)).map((part) => part.mailbox)).toEqual([world.mailbox().id]);
    world.tenant.faults.clear();
    expect((await world.run(profile)).status).toBe("succeeded");
  });

  it.each([
    [403, "Authorization_RequestDenied"],
    [400, "Request_UnsupportedQuery"],
  ])("lets nobody be archived when it is an exception that it refuses to tell of: %s", async (status, code) => {
    await using world = await withNewcomer("lists");
    silent(world, status, code);
    const { run, parts, codes } = await ran(world, { mode: "except", mailboxes: [address] });
    expect({ status: run.status, codes, parts: parts.length }).toEqual({
      status: "failed",
      codes: ["DIRECTORY_UNANSWERED"],
      parts: 0,
    });
    expect(run.problems[0]?.message).toContain(code);
  });

  it("says of a member of a group that it could not be asked for", async () => {
    await using world = await withNewcomer("lists");
    const { mailboxes } = world.tenant;
    const group = { ...mailboxes.group("Leadership"), members: [id, world.mailbox().id] };
    mailboxes.putGroup(group);
    silent(world, 403, "Authorization_RequestDenied");
    const { run, codes } = await ran(world, { mode: "only", groups: [group.id] });
    expect({ status: run.status, codes }).toEqual({ status: "succeededWithGaps", codes: ["DIRECTORY_UNANSWERED"] });
    expect(run.problems[0]?.message).toContain(id);
  });

  it("is asked for each name, and an unknown one is unknown by its own word", async () => {
    await using world = await withNewcomer("lists");
    const { codes } = await ran(world, { mode: "only", mailboxes: [`nobody@${domain}`, world.mailbox().address] });
    expect(codes).toEqual(["ADDRESS_NOT_FOUND"]);
  });
});

describe("a mailbox of the snapshot that is no more", () => {
  it.each(["ErrorInvalidUser", "ResourceNotFound", "MailboxNotEnabledForRESTAPI"] as const)(
    "is a failure with the code of Graph when a person named it: %s",
    async (absent) => {
      await using world = await aWorld({ tenant: { mailboxes: 2, messagesPerMailbox: 1 } });
      await world.app.mailboxes.sync();
      const { address } = world.mailbox();
      world.tenant.mailboxes.loseMailbox(world.mailbox().id, absent);
      const { run, parts } = await ran(world, { mode: "single", mailboxes: [address] }, { syncDirectoryFirst: false });
      expect(run.status).toBe("failed");
      expect(parts).toMatchObject([{ status: "failed", reason: absent, problems: [{ code: absent }] }]);
      const all = await ran(world, { mode: "all" }, { syncDirectoryFirst: false });
      expect(all.parts.find((part) => part.address === address)).toMatchObject({ status: "excluded", reason: absent });
      expect(all.run.status).toBe("succeeded");
    },
  );
});

it("an override for somebody whom nothing told of holds for him", async () => {
  await using world = await withNewcomer("lists");
  const { id: known } = world.mailbox();
  const overrides = [{ mailboxes: [alias], folders: { include: ["/Contracts"] } }];
  const { run, parts } = await ran(world, { mode: "only", mailboxes: [address, known] }, { overrides });
  expect({ status: run.status, problems: run.problems }).toEqual({ status: "succeeded", problems: [] });
  expect(parts.find(({ mailbox }) => mailbox === id)).toMatchObject({ messages: 0, override: { name: alias } });
});
