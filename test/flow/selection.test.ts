// Which mailboxes a profile means: people by every name they go by, groups of every kind, and what happens when one of them
// cannot be found or read.
import { describe, expect, it } from "vitest";
import { RunId } from "../../lib/core/ids.js";
import { minute } from "../../lib/core/time.js";
import type { Group } from "../../lib/local/tenant/groups.js";
import { aWorld, type World } from "../build/a-world.js";

const domain = "contoso.example";
const unitId = "ffffffff-0000-4000-a000-000000000001";
const some = { mailboxes: 5, messagesPerMailbox: 1 };

/** Runs a profile over these lists; who was archived and who not, by address, with the way they were chosen. */
async function ran(world: World, mailboxes: object) {
  const run = await world.run(await world.profile({ mailboxes }));
  const parts = await world.parts(run.id);
  const done = parts.filter(({ status }) => status !== "excluded");
  const by = Object.fromEntries(parts.map(({ address, selectedBy }) => [address, selectedBy]));
  return { run, by, done: done.map(({ address }) => address).sort(), codes: run.problems.map(({ code }) => code) };
}

/** Where Exchange is asked for dynamic groups. */
const exchangeGroups = ["InvokeCommand", "DynamicDistributionGroupMember"].flatMap((door) =>
  ["", "Member"].map((what) => `POST /adminapi/${door} Get-DynamicDistributionGroup${what}`),
);

const addresses = (world: World) => world.tenant.mailboxes.list().map(({ address }) => address);

/** A group of these, known by `alias@…`. */
function putGroup(world: World, alias: string, change: Partial<Group>): Group {
  const group: Group = {
    id: `aaaaaaaa-0000-4000-a000-${Buffer.from(alias).toString("hex").padEnd(12, "0").slice(0, 12)}`,
    displayName: alias,
    kind: "distribution",
    mail: `${alias}@${domain}`,
    proxyAddresses: [`SMTP:${alias}@${domain}`, `smtp:${alias}.old@${domain}`],
    onPremisesSyncEnabled: null,
    members: [],
    ...change,
  };
  world.tenant.mailboxes.putGroup(group);
  return group;
}

describe("a person", () => {
  it("is found by address, alias, principal name, object id and distinguished name, and the run says how", async () => {
    await using world = await aWorld({ tenant: some });
    const [anna, ben, support] = world.tenant.mailboxes.list();
    const person = world.tenant.mailboxes.person(anna?.id ?? "");
    const alias = person.proxyAddresses[1]?.slice(5) ?? "";
    for (const [name, how] of [
      [anna?.address ?? "", "address"],
      [alias, "alias"],
      [`SMTP:${alias.toUpperCase()}`, "alias"],
      [anna?.id.toUpperCase() ?? "", "objectId"],
      ["cn=anna adler, ou=Legal,OU=Staff, dc=contoso,DC=example", "distinguishedName"],
    ] as const) {
      const { done, by, run } = await ran(world, { mode: "single", mailboxes: [name] });
      expect(done, name).toEqual([anna?.address]);
      expect(by[anna?.address ?? ""]).toMatchObject({ mode: "single", name, how });
      expect(run.problems).toEqual([]);
    }
    expect((await ran(world, { mode: "only", mailboxes: [alias] })).by[anna?.address ?? ""]).toMatchObject({
      note: `alias ${alias} resolved to ${anna?.address}`,
    });
    const both = await ran(world, { mode: "only", mailboxes: [ben?.userPrincipalName, support?.address] });
    expect(both.done).toEqual([ben?.address, support?.address].sort());
    expect(both.by[ben?.address ?? ""]).toMatchObject({ how: "userPrincipalName" });
  });

  it("who cannot be excepted because nobody knows the name keeps the run from archiving anybody", async () => {
    await using world = await aWorld({ tenant: some });
    const { run, done, codes } = await ran(world, { mode: "except", mailboxes: [`nobody.known@${domain}`] });
    expect({ status: run.status, done, codes }).toEqual({ status: "failed", done: [], codes: ["ADDRESS_NOT_FOUND"] });
    expect(run.problems[0]?.message).toContain("nothing was archived");
  });

  it("whose address passed on to somebody else is not taken for the new owner", async () => {
    await using world = await aWorld({ tenant: some });
    await world.app.mailboxes.sync();
    const [anna, ben] = world.tenant.mailboxes.list();
    world.tenant.mailboxes.removePerson(anna?.id ?? "");
    const heir = world.tenant.mailboxes.person(ben?.id ?? "");
    const inherited = [...heir.proxyAddresses, `smtp:${anna?.address}`];
    world.tenant.mailboxes.changePerson(heir.id, { proxyAddresses: inherited });
    const { done } = await ran(world, { mode: "single", mailboxes: [anna?.address] });
    expect(done).toEqual([ben?.address]);
  });
});

describe("a group", () => {
  it("gives its members and those of the groups in it, a circle cut, and shows the way to each", async () => {
    await using world = await aWorld({ tenant: some });
    const [anna = "", ben = ""] = addresses(world);
    const { run, done, by, codes } = await ran(world, { mode: "only", groups: [`legal@${domain}`] });
    expect(done).toEqual([anna, ben].sort());
    expect(codes).toEqual([]);
    expect(run.status).toBe("succeeded");
    expect(by[anna]).toEqual({ mode: "only", name: `legal@${domain}`, how: "group", path: [`legal@${domain}`] });
    expect(by[ben]).toMatchObject({ path: [`legal@${domain}`, `paralegals@${domain}`] });
    expect(run.selection).toMatchObject({
      mode: "only",
      groups: [
        {
          kind: "mailEnabledSecurity",
          displayName: "Legal",
          users: 2,
          nested: [`legal@${domain} > paralegals@${domain}`],
        },
      ],
    });
    expect(world.tenant.counters().unknownRoutes).toEqual([]);
  });

  it.each([
    ["a security group by its id", "Leadership", "security", 1],
    ["a Microsoft 365 group by its address", "Project Aurora", "microsoft365", 3],
    ["a distribution list by an alias", "All Hands", "distribution", 5],
  ] as const)("can be %s", async (_, name, kind, users) => {
    await using world = await aWorld({ tenant: some });
    const { id, mail, proxyAddresses } = world.tenant.mailboxes.group(name);
    const written = kind === "security" ? id : kind === "distribution" ? proxyAddresses[1]?.slice(5) : mail;
    const { run, done } = await ran(world, { mode: "only", groups: [written] });
    expect(done).toHaveLength(users);
    expect(run.selection?.groups).toMatchObject([{ name: written, kind, users }]);
    const contact = { name: "Print Shop", reason: "a member of type orgContact has no mailbox" };
    expect(run.selection?.groups[0]?.ignored).toEqual(kind === "distribution" ? [contact] : []);
  });

  it("can be dynamic: Exchange says who is in it, the groups in it included", async () => {
    await using world = await aWorld({ tenant: some });
    const [anna, ben, support, , room] = world.tenant.mailboxes.list();
    const found = await ran(world, { mode: "only", groups: [`everyone.berlin@${domain}`] });
    expect(found.done).toEqual([anna, support, room].map((box) => box?.address).sort());
    expect(found.run.selection?.groups).toMatchObject([
      { kind: "dynamicDistribution", displayName: "Everyone Berlin", users: 3, ignoredCount: 1 },
    ]);
    expect(found.codes).toEqual([]);
    const address = `mixed@${domain}`;
    const nested = putGroup(world, "inner", { members: [ben?.id ?? ""] });
    world.tenant.mailboxes.putDynamicGroup({
      guid: "bbbbbbbb-0000-4000-a000-000000000001",
      displayName: "Mixed",
      address,
      members: [anna?.id ?? "", nested.id],
    });
    const mixed = await ran(world, { mode: "only", groups: [address] });
    expect(mixed.done).toEqual([anna?.address, ben?.address].sort());
    expect(mixed.by[ben?.address ?? ""]).toMatchObject({ path: [address, `inner@${domain}`] });
  });

  it("can be an administrative unit by its object id: its own users, not those of the groups in it", async () => {
    await using world = await aWorld({ tenant: some });
    const [anna, ben, support] = world.tenant.mailboxes.list();
    const legal = world.tenant.mailboxes.group("Legal");
    const unit = { id: unitId, displayName: "Headquarters", members: [support?.id ?? "", legal.id] };
    world.tenant.mailboxes.putUnit(unit);
    const { run, done, by, codes } = await ran(world, { mode: "only", groups: [unitId.toUpperCase()] });
    expect({ status: run.status, done, codes }).toEqual({ status: "succeeded", done: [support?.address], codes: [] });
    expect(by[support?.address ?? ""]).toMatchObject({ how: "group", path: [unitId.toUpperCase()] });
    expect(run.selection?.groups).toMatchObject([
      {
        kind: "administrativeUnit",
        displayName: "Headquarters",
        users: 1,
        nestedCount: 0,
        ignored: [{ name: legal.mail, reason: expect.stringContaining("does not bring its members") }],
      },
    ]);
    const both = await ran(world, { mode: "only", groups: [unitId, legal.id] });
    expect(both.done).toEqual([anna?.address, ben?.address, support?.address].sort());
    expect(world.tenant.counters().unknownRoutes).toEqual([]);
  });

  it("can be an organisational unit: everybody at or below it, and nobody beside it", async () => {
    await using world = await aWorld({ tenant: some });
    const [anna, ben] = addresses(world);
    const staff = await ran(world, { mode: "only", groups: ["OU=Staff,DC=contoso,DC=example"] });
    expect(staff.done).toEqual([anna, ben].sort());
    expect(staff.run.selection?.groups).toMatchObject([{ kind: "container", users: 3 }]);
    const none = await ran(world, { mode: "only", groups: ["OU=Sta,DC=contoso,DC=example"] });
    expect(none).toMatchObject({ codes: ["GROUP_NOT_FOUND"], done: [] });
  });

  it("has all its members, however many pages they take", async () => {
    await using world = await aWorld({ tenant: { mailboxes: 1, messagesPerMailbox: 0 } });
    const template = world.tenant.mailboxes.person(world.mailbox().id);
    // Guests: nobody asks them for their mailbox.
    const ids = Array.from({ length: 1_001 }, (_, n) => `cccccccc-0000-4000-a000-${String(n).padStart(12, "0")}`);
    for (const [n, id] of ids.entries()) {
      const mail = `clone${n}@${domain}`;
      const names = { userPrincipalName: mail, mail, proxyAddresses: [`SMTP:${mail}`] };
      world.tenant.mailboxes.addPerson({
        ...template,
        id,
        ...names,
        userType: "Guest",
        mailbox: { absent: "ErrorInvalidUser" },
      });
    }
    putGroup(world, "many", { members: ids });
    const profile = await world.profile({ mailboxes: { mode: "only", groups: [`many@${domain}`] } });
    const { run } = await world.app.profiles.run(profile);
    await world.app.work(world.queue.receive() ?? "");
    expect((await world.app.runs.get(RunId.parse(run.id))).selection?.groups[0]?.users).toBe(1_001);
  });

  it("excepts its members", async () => {
    await using world = await aWorld({ tenant: some });
    const [anna = "", ben = "", ...others] = addresses(world);
    const { done, by } = await ran(world, { mode: "except", groups: [`legal@${domain}`] });
    expect(done).toEqual(others.sort());
    expect(by[ben]).toMatchObject({ mode: "except", how: "group", path: [`legal@${domain}`, `paralegals@${domain}`] });
    expect(by[anna]).toMatchObject({ mode: "except" });
  });
});

describe("a group that cannot be had", () => {
  const legal = `legal@${domain}`;
  const forbidden = { kind: "status", status: 403, code: "Authorization_RequestDenied" } as const;
  const members = "GET /groups/{group}/members";

  it("is named, and the others archived, when only some are chosen", async () => {
    await using world = await aWorld({ tenant: some });
    const [anna] = addresses(world);
    const groups = [`unknown@${domain}`, world.tenant.mailboxes.group("Leadership").id, `nobody@${domain}`];
    const { run, done, codes } = await ran(world, { mode: "only", groups });
    expect({ status: run.status, done }).toEqual({ status: "succeededWithGaps", done: [anna] });
    expect(codes).toEqual(["GROUP_NOT_FOUND", "GROUP_EMPTY"]);
  });

  it("is named when it is one in the group: who was found is archived", async () => {
    await using world = await aWorld({ tenant: some });
    const [anna] = addresses(world);
    world.tenant.faults.set({ rules: [{ route: members, nth: 2, do: forbidden }] });
    const { run, done } = await ran(world, { mode: "only", groups: [legal] });
    expect({ status: run.status, done }).toEqual({ status: "succeededWithGaps", done: [anna] });
    expect(run.problems).toMatchObject([
      { code: "GROUP_UNREADABLE", message: expect.stringContaining(`${legal} > paralegals@${domain}`) },
    ]);
  });

  it.each([
    ["is unknown", [`unknown@${domain}`], "GROUP_NOT_FOUND", false],
    ["may not be read", [legal], "GROUP_UNREADABLE", true],
  ])("lets nobody be archived when it is excepted and %s", async (_, groups, code, isForbidden) => {
    await using world = await aWorld({ tenant: some });
    if (isForbidden) world.tenant.faults.set({ rules: [{ route: members, nth: 2, do: forbidden }] });
    const { run, done, codes } = await ran(world, { mode: "except", groups });
    expect({ status: run.status, done, codes }).toEqual({ status: "failed", done: [], codes: [code] });
    expect(world.tenant.mailboxes.list().every(({ id }) => !mailWasAsked(world, id))).toBe(true);
  });

  it("is waited for when it may pass; of some chosen the others are archived after a while, of an exception nobody", async () => {
    await using world = await aWorld({ tenant: some });
    const [anna] = addresses(world);
    world.tenant.faults.set({ rules: [{ route: members, do: { kind: "unavailable", body: "json" } }] });
    const groups = [legal];
    const profile = await world.profile({ mailboxes: { mode: "only", mailboxes: [anna], groups } });
    const { run } = await world.app.profiles.run(profile);
    const show = () => world.app.runs.get(RunId.parse(run.id));
    await world.app.work(world.queue.receive() ?? "");
    expect(await show()).toMatchObject({ status: "pending", problems: [{ code: "GROUP_UNAVAILABLE" }] });
    await world.settle();
    expect(await show()).toMatchObject({ status: "succeededWithGaps", problems: [{ code: "GROUP_UNAVAILABLE" }] });
    expect((await world.parts(run.id)).map(({ address }) => address)).toEqual([anna]);

    const careful = await world.app.profiles.run(await world.profile({ mailboxes: { mode: "except", groups } }));
    for (let tries = 0; tries < 5; tries++) {
      world.clock.advance(20 * minute);
      await world.app.work(world.queue.receive() ?? "");
    }
    expect(await world.app.runs.get(RunId.parse(careful.run.id))).toMatchObject({ status: "pending", startedAt: null });
    world.tenant.faults.clear();
    await world.settle();
    expect(await world.app.runs.get(RunId.parse(careful.run.id))).toMatchObject({ status: "succeeded", problems: [] });
  });

  it.each([
    ["has no role in it", { access: "none" }, undefined, "EXCHANGE_FORBIDDEN, HTTP 403"],
    [
      "is refused its token",
      {},
      { kind: "status", status: 401, code: "Unauthorized" },
      "EXCHANGE_TOKEN_REFUSED, HTTP 401",
    ],
    ["gets no answer from it", {}, { kind: "status", status: 500, code: "InternalServerError" }, "HTTP 500"],
    ["is cut off by it", {}, { kind: "reset" }, "CONNECTION_CUT"],
  ] as const)(
    "is not called unknown when only Exchange could know it, and mailkeep %s",
    async (_, exchange, fault, why) => {
      await using world = await aWorld({ tenant: some });
      const [anna] = addresses(world);
      world.tenant.faults.set({ exchange, rules: fault ? [{ route: exchangeGroups, do: fault }] : [] });
      const groups = [`everyone.berlin@${domain}`];
      const { run, done, codes } = await ran(world, { mode: "only", mailboxes: [anna], groups });
      expect({ status: run.status, done, codes }).toEqual({
        status: "succeededWithGaps",
        done: [anna],
        codes: ["GROUP_NOT_IN_GRAPH"],
      });
      expect(run.problems[0]).toMatchObject({
        message: expect.stringContaining(why),
        fix: expect.stringContaining("Exchange.ManageAsApp"),
      });
      expect((await ran(world, { mode: "only", groups })).run.status).toBe("failed");
    },
  );

  it.each([
    ["only", "failed"],
    ["except", "failed"],
  ] as const)(
    "is named with its permission when it may be an administrative unit and those are closed: %s",
    async (mode, status) => {
      await using world = await aWorld({ tenant: some });
      world.tenant.mailboxes.putUnit({ id: unitId, displayName: "HQ", members: [world.mailbox().id] });
      world.tenant.faults.set({ rules: [{ route: "GET /directory/administrativeUnits/{unit}", do: forbidden }] });
      const { run, done, codes } = await ran(world, { mode, groups: [unitId] });
      expect({ status: run.status, done, codes }).toEqual({ status, done: [], codes: ["UNIT_UNREADABLE"] });
      expect(run.problems[0]).toMatchObject({
        message: expect.stringContaining("AdministrativeUnit.Read.All"),
        fix: expect.stringContaining("AdministrativeUnit.Read.All"),
      });
    },
  );

  it("is no administrative unit either when the directory says so, and one with a broken list has nobody left out", async () => {
    await using world = await aWorld({ tenant: some });
    expect((await ran(world, { mode: "only", groups: [unitId] })).codes).toEqual(["GROUP_NOT_FOUND"]);
    world.tenant.mailboxes.putUnit({ id: unitId, displayName: "HQ", members: [world.mailbox().id] });
    const route = "GET /directory/administrativeUnits/{unit}/members";
    world.tenant.faults.set({ rules: [{ route, do: { kind: "unavailable" } }] });
    const profile = await world.profile({ mailboxes: { mode: "except", groups: [unitId] } });
    const { run } = await world.app.profiles.run(profile);
    await world.app.work(world.queue.receive() ?? "");
    expect(await world.app.runs.get(RunId.parse(run.id))).toMatchObject({
      status: "pending",
      problems: [{ code: "GROUP_UNAVAILABLE" }],
    });
  });

  it("is not taken for one with fewer members when a page is cut, throttled or lost: it is asked again", async () => {
    for (const fault of [
      { kind: "truncated-json" },
      { kind: "throttled", retryAfterSeconds: 5 },
      { kind: "reset" },
      { kind: "cut" },
    ] as const) {
      await using world = await aWorld({ tenant: some });
      world.tenant.faults.set({ rules: [{ route: members, first: 1, do: fault }] });
      expect((await ran(world, { mode: "only", groups: [legal] })).done, fault.kind).toHaveLength(2);
    }
  });

  it("may hide who is in it: whoever the directory knows is archived, whoever it does not is named", async () => {
    await using world = await aWorld({ tenant: some });
    const [anna] = world.tenant.mailboxes.list();
    putGroup(world, "secret", { members: [anna?.id ?? ""], hidden: [anna?.id ?? ""] });
    expect(await ran(world, { mode: "only", groups: [`secret@${domain}`] })).toMatchObject({
      done: [anna?.address],
      codes: [],
    });
    const stale = await world.profile({
      mailboxes: { mode: "only", groups: [`fresh@${domain}`] },
      syncDirectoryFirst: false,
    });
    const newcomer = { ...world.tenant.mailboxes.person(anna?.id ?? ""), id: "dddddddd-0000-4000-a000-000000000001" };
    world.tenant.mailboxes.addPerson({
      ...newcomer,
      userPrincipalName: `new@${domain}`,
      mail: null,
      proxyAddresses: [],
    });
    putGroup(world, "fresh", { members: [newcomer.id, anna?.id ?? ""] });
    const none = { kind: "status", status: 404, code: "Request_ResourceNotFound" } as const;
    world.tenant.faults.set({ rules: [{ route: "GET /users/{user}", do: none }] });
    expect(await world.run(stale)).toMatchObject({
      status: "succeededWithGaps",
      problems: [{ code: "GROUP_MEMBER_UNKNOWN", message: expect.stringContaining(newcomer.id) }],
    });
  });
});

const mailWasAsked = ({ tenant }: World, id: string) =>
  tenant.requests.some(({ mailbox, route }) => mailbox === id && route.includes("mailFolders/delta"));

describe("a name in the wrong list", () => {
  const hint = (list: string) => expect.stringContaining(`belongs into mailboxes.${list}`);
  const group = `legal@${domain}`;

  it.each([
    ["only", "succeededWithGaps"],
    ["except", "failed"],
  ])("is a user's among the groups (%s): told, by address and object id", async (mode, status) => {
    await using world = await aWorld({ tenant: some });
    const [anna, ben] = world.tenant.mailboxes.list();
    for (const name of [anna?.address ?? "", anna?.id ?? ""]) {
      const { run, codes } = await ran(world, { mode, mailboxes: [ben?.address], groups: [name] });
      expect({ status: run.status, codes }).toEqual({ status, codes: ["GROUP_NOT_FOUND"] });
      expect(run.problems[0]).toMatchObject({ message: hint("mailboxes"), fix: expect.stringContaining("mailboxes.") });
    }
    expect(world.tenant.counters().unknownRoutes).toEqual([]);
  });

  it("is a user's, even where Exchange does not tell of groups of its own", async () => {
    await using world = await aWorld({ tenant: some });
    const { address } = world.mailbox();
    const refused = { kind: "status", status: 403, code: "AccessDenied" } as const;
    world.tenant.faults.set({ rules: [{ route: exchangeGroups, do: refused }] });
    const { run, codes } = await ran(world, { mode: "only", groups: [address] });
    expect(codes).toEqual(["GROUP_NOT_IN_GRAPH"]);
    expect(run.problems[0]?.message).toMatch(/only Exchange Online knows it.*belongs into mailboxes\.mailboxes$/);
  });

  it.each([
    ["only", "succeededWithGaps"],
    ["except", "failed"],
  ])("is a group's among the mailboxes (%s): told, by address and object id", async (mode, status) => {
    await using world = await aWorld({ tenant: some });
    const [, ben] = addresses(world);
    const { id } = world.tenant.mailboxes.group("Legal");
    for (const name of [group, id]) {
      const { run, codes } = await ran(world, { mode, mailboxes: [ben, name] });
      expect({ status: run.status, codes }).toEqual({ status, codes: ["ADDRESS_NOT_FOUND"] });
      expect(run.problems[0]).toMatchObject({
        message: hint("groups"),
        fix: expect.stringContaining("mailboxes.groups"),
      });
      expect(run.problems[0]?.message).not.toContain("spelling");
    }
    expect(world.tenant.counters().unknownRoutes).toEqual([]);
  });

  it("that nobody has is no group's, and one that the directory does not tell of is not called one", async () => {
    await using world = await aWorld({ tenant: some });
    const forbidden = { kind: "status", status: 403, code: "Authorization_RequestDenied" } as const;
    const messages: (string | undefined)[] = [];
    for (const [name, rules] of [
      [`nobody.known@${domain}`, []],
      [group, [{ route: "GET /groups", do: forbidden }]],
    ] as const) {
      world.tenant.faults.set({ rules: [...rules] });
      const { run, codes } = await ran(world, { mode: "only", mailboxes: [name] });
      expect(codes).toEqual(["ADDRESS_NOT_FOUND"]);
      messages.push(run.problems[0]?.message);
    }
    for (const message of messages)
      expect(message).toMatch(/check the spelling; a group belongs into mailboxes.groups$/);
  });

  it("costs nothing where every name is somebody's", async () => {
    await using world = await aWorld({ tenant: some });
    await ran(world, { mode: "only", mailboxes: addresses(world) });
    expect(world.tenant.requests.filter(({ route }) => route.startsWith("GET /groups"))).toEqual([]);
  });
});
