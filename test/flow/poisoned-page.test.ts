// One message that Exchange cannot render spoils every page it is on: all else of its folder is archived, and it is named.
import { describe, expect, it } from "vitest";
import { unaccounted } from "../../lib/core/tally.js";
import { day, minute } from "../../lib/core/time.js";
import type { Fault, FaultRule } from "../../lib/local/tenant/faults.js";
import { aWorld, byId, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const delta = "GET /users/{user}/mailFolders/{folder}/messages/delta";
const list = "GET /users/{user}/mailFolders/{folder}/messages";
const value = "GET /users/{user}/messages/{message}/$value";
const facts = "GET /users/{user}/messages/{message}";
const eml = (n: number | string) => `From: a@contoso.example\r\nSubject: letter ${n}\r\n\r\nHello ${n}\r\n`;

const faults: [string, Fault][] = [
  ["500", { kind: "status", status: 500, code: "ErrorInternalServerError" }],
  ["504", { kind: "gateway-timeout" }],
  ["JSON cut after the bracket", { kind: "truncated-json" }],
  ["a body cut half way", { kind: "cut" }],
];

interface Scene extends AsyncDisposable {
  world: World;
  box: Parameters<World["wanted"]>[0];
  ids: string[];
  deliver(n: number | string): string;
  spoil(id: string, fault: Fault, rest?: Partial<FaultRule>): void;
  profile: Parameters<World["run"]>[0];
  stored(): Promise<{ id: string; sha256: string }[]>;
  problems(run: { id: string }): Promise<object[] | undefined>;
}

/** An inbox with a letter for each minute, and one letter in Sent Items. */
async function aScene(letters: number): Promise<Scene> {
  const world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const { id: box } = world.mailbox();
  const mail = world.tenant.mailboxes;
  let minutes = 0;
  const deliver = (n: number | string) =>
    mail.deliver(box, "inbox", { eml: eml(n), receivedAt: new Date(Date.UTC(2026, 0, 5, 8, minutes++)) });
  const ids = Array.from({ length: letters }, (_, n) => deliver(n));
  mail.deliver(box, "sentitems", eml("sent"));
  return {
    world,
    box,
    ids,
    deliver,
    profile: await world.profile(),
    spoil: (id, fault, rest = {}) =>
      world.tenant.faults.set({ rules: [{ route: [delta, list], lists: id, do: fault, ...rest }] }),
    stored: async () =>
      (await readBack(world.edges.blobs, box)).stored.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId),
    problems: async (run) => (await world.parts(run.id)).find(({ mailbox }) => mailbox === box)?.problems,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

const asked = (world: World, route: string) => world.tenant.requests.filter((request) => request.route === route);
const withoutOne = (all: { id: string; sha256: string }[], id: string | undefined) =>
  all.filter((message) => message.id !== id);

describe.each(faults)("a page spoilt by one message (%s)", (_name, fault) => {
  it("costs that message alone, and the run says which", async () => {
    await using scene = await aScene(40);
    const { world, box, ids, profile } = scene;
    const bad = ids[17] ?? "";
    scene.spoil(bad, fault);
    const run = await world.run(profile);
    expect(run.status).toBe("succeededWithGaps");
    expect(unaccounted(run.tally)).toBe(0);
    expect(await scene.problems(run)).toMatchObject([
      {
        code: "POSITION_UNREADABLE",
        folderPath: "/Inbox",
        message: expect.stringContaining(
          "position 18 (received after 2026-01-05T08:16:00Z and before 2026-01-05T08:18",
        ),
      },
    ]);
    expect(await scene.stored()).toEqual(withoutOne(world.wanted(box), bad));
  });

  it("is fetched by its id where Graph gives at least that", async () => {
    await using scene = await aScene(40);
    const { world, box, ids, profile } = scene;
    scene.spoil(ids[17] ?? "", fault, { idsOnly: false });
    expect((await world.run(profile)).status).toBe("succeeded");
    expect(await scene.stored()).toEqual(world.wanted(box));
    expect((await world.run(profile)).status).toBe("noChanges");
  });
});

const corrupt = faults[0]?.[1] as Fault;

it("downloads nothing twice, archives what arrives, and heals when the message does", async () => {
  await using scene = await aScene(30);
  const { world, box, ids, profile } = scene;
  scene.spoil(ids[0] ?? "", corrupt);
  await world.run(profile);
  const arrived = scene.deliver("later");
  world.tenant.resetCounters();
  expect(await world.run(profile)).toMatchObject({ status: "succeededWithGaps", tally: { stored: 1, known: 29 } });
  expect(asked(world, value).map(({ url }) => url.includes(arrived.slice(0, 20)))).toHaveLength(1);
  world.tenant.faults.clear();
  world.tenant.resetCounters();
  expect(await world.run(profile)).toMatchObject({ status: "succeeded", tally: { stored: 1 } });
  expect(asked(world, value)).toHaveLength(1);
  expect(asked(world, list)).toEqual([]);
  expect(await scene.stored()).toEqual(world.wanted(box));
  expect((await world.run(profile)).status).toBe("noChanges");
});

it("reads on from the last good link when a message spoils a later round", async () => {
  await using scene = await aScene(20);
  const { world, box, profile } = scene;
  await world.run(profile);
  const bad = scene.deliver("bad");
  scene.deliver("good");
  scene.spoil(bad, corrupt);
  expect(await world.run(profile)).toMatchObject({ status: "succeededWithGaps", tally: { stored: 1 } });
  expect(await scene.stored()).toEqual(withoutOne(world.wanted(box), bad));
  world.tenant.faults.clear();
  world.tenant.resetCounters();
  expect(await world.run(profile)).toMatchObject({ status: "succeeded", tally: { stored: 1 } });
  expect(asked(world, value)).toHaveLength(1);
  expect(asked(world, list)).toEqual([]);
});

it("believes no removal where a position could not be read", async () => {
  await using scene = await aScene(10);
  const { world, box, ids, profile } = scene;
  await world.run(profile);
  world.tenant.mailboxes.purge(box, ids[3] ?? "");
  scene.spoil(scene.deliver("bad"), corrupt);
  world.tenant.resetCounters();
  expect(await world.run(profile)).toMatchObject({ status: "succeededWithGaps", removed: 0 });
  expect(asked(world, facts)).toEqual([]);
  world.tenant.faults.clear();
  expect(await world.run(profile)).toMatchObject({ status: "succeeded", removed: 1, tally: { stored: 1 } });
});

it("learns of removals from a list without holes, by asking for each", async () => {
  await using scene = await aScene(10);
  const { world, box, ids, profile } = scene;
  await world.run(profile);
  world.tenant.mailboxes.purge(box, ids[3] ?? "");
  scene.spoil(scene.deliver("bad"), corrupt, { idsOnly: false });
  expect(await world.run(profile)).toMatchObject({ status: "succeeded", removed: 1, tally: { stored: 1 } });
});

it("asks little more than twice for each halving", async () => {
  await using scene = await aScene(300);
  const { world, ids, profile } = scene;
  scene.spoil(ids[200] ?? "", corrupt);
  await world.run(profile);
  // Two stretches of 250; the first is tried twice, found to give ids, and halved eight times; the last position is tried
  // twice, and its id.
  expect(asked(world, list).length).toBeLessThanOrEqual(2 + 2 + 4 + 2 * 8 + 2 + 2);
  const { concurrencyViolations, unknownRoutes } = world.tenant.counters();
  expect({ concurrencyViolations, unknownRoutes }).toEqual({ concurrencyViolations: 0, unknownRoutes: [] });
});

it("names several positions, and gives up on a folder of which nothing can be had", async () => {
  await using scene = await aScene(12);
  const { world, box, ids, profile } = scene;
  const bad = [ids[0], ids[5], ids[6], ids[11]].map(String);
  const rules = bad.map((lists): FaultRule => ({ route: [delta, list], lists, do: corrupt }));
  world.tenant.faults.set({ rules });
  const run = await world.run(profile);
  expect(await scene.problems(run)).toMatchObject([
    { message: expect.stringMatching(/4 messages.*position 6 .*1 more/) },
  ]);
  expect((await scene.stored()).map(({ id }) => id)).toEqual(
    world
      .wanted(box)
      .map(({ id }) => id)
      .filter((id) => !bad.includes(id)),
  );
  const inbox = world.tenant.mailboxes.folders(box).find(({ wellKnown }) => wellKnown === "inbox")?.id ?? "";
  world.tenant.faults.set({ rules: [{ route: [delta, list], folder: inbox, do: corrupt }] });
  world.tenant.resetCounters();
  const shut = await world.run(profile);
  expect(await scene.problems(shut)).toMatchObject([{ code: "ErrorInternalServerError", folderPath: "/Inbox" }]);
  // One stretch and the ids of its first four, each twice.
  expect(asked(world, list).length).toBeLessThanOrEqual(2 + 2 * 4);
});

it("finds a folder shut once in a run, however many invocations that takes", async () => {
  await using scene = await aScene(12);
  const { world, box, profile } = scene;
  const inbox = world.tenant.mailboxes.folders(box).find(({ wellKnown }) => wellKnown === "inbox")?.id ?? "";
  world.tenant.faults.set({ rules: [{ route: [delta, list], folder: inbox, do: { kind: "unavailable" } }] });
  // Time is up as soon as the folder was found shut.
  const open = world.edges.mail.open;
  world.edges.mail.open = (mailbox, options) => {
    const reader = open(mailbox, options);
    const mime = reader.mime.bind(reader);
    reader.mime = async (id) => {
      world.clock.advance(20 * minute);
      await world.pulse();
      return mime(id);
    };
    return reader;
  };
  const run = await world.run(profile);
  expect(run.status).toBe("succeededWithGaps");
  expect(await scene.problems(run)).toMatchObject([{ folderPath: "/Inbox" }]);
  // The first page is asked for five times, as any that may pass.
  expect(asked(world, delta).filter(({ url }) => url.includes(encodeURIComponent(inbox)))).toHaveLength(5);
});

it("goes on where it stopped when time runs out in the middle of a list", async () => {
  await using scene = await aScene(520);
  const { world, box, ids, profile } = scene;
  scene.spoil(ids[2] ?? "", corrupt);
  let fetched = 0;
  const open = world.edges.mail.open;
  world.edges.mail.open = (mailbox, options) => {
    const reader = open(mailbox, options);
    const mime = reader.mime.bind(reader);
    reader.mime = async (id) => {
      fetched++;
      world.clock.advance(2_000);
      await world.pulse();
      return mime(id);
    };
    return reader;
  };
  world.tenant.resetCounters();
  const run = await world.run(profile);
  expect(run).toMatchObject({ status: "succeededWithGaps", tally: { stored: 520 } });
  expect(await scene.problems(run)).toMatchObject([{ message: expect.stringContaining("position 3 ") }]);
  expect(await scene.stored()).toEqual(withoutOne(world.wanted(box), ids[2]));
  expect(asked(world, value)).toHaveLength(520);
  expect(fetched).toBe(520);
  // Three invocations: only the first begins at the first position.
  const first = asked(world, list).filter(({ url }) => url.includes("$top=250&$skip=0"));
  expect(first).toHaveLength(2);
});

describe.each(faults)("the weekly comparison of a folder whose list one message spoils (%s)", (_name, fault) => {
  it("reads around it: what stands there is archived, so nothing is missing", async () => {
    await using scene = await aScene(20);
    const { world, box, ids, profile } = scene;
    expect((await world.run(profile)).status).toBe("succeeded");
    const late = scene.deliver("late");
    world.tenant.mailboxes.purge(box, ids[3] ?? "");
    world.clock.advance(8 * day);
    scene.spoil(ids[7] ?? "", fault, { route: list });
    const run = await world.run(profile);
    expect(run).toMatchObject({ status: "succeeded", removed: 1, tally: { stored: 1 } });
    expect((await scene.stored()).map(({ id }) => id)).toContain(late);
    world.tenant.faults.clear();
    expect((await world.run(profile)).status).toBe("noChanges");
  });

  it("names the position when nobody can tell what stands there", async () => {
    await using scene = await aScene(20);
    const { world, ids, profile } = scene;
    await world.run(profile);
    world.clock.advance(8 * day);
    const bad = ids[7] ?? "";
    const rules: FaultRule[] = [
      { route: list, lists: bad, do: fault },
      { route: facts, message: bad, do: { kind: "status", status: 500, code: "ErrorInternalServerError" } },
    ];
    world.tenant.faults.set({ rules });
    const run = await world.run(profile);
    expect(run).toMatchObject({ status: "succeededWithGaps", removed: 0, tally: { stored: 0 } });
    expect(await scene.problems(run)).toMatchObject([
      {
        code: "POSITION_UNREADABLE",
        folderPath: "/Inbox",
        message: expect.stringContaining("position 8 (received after"),
      },
    ]);
    world.tenant.faults.clear();
    // The message that could not be asked for is owed no more.
    expect(await world.run(profile)).toMatchObject({ status: "succeeded", removed: 0, tally: { stored: 0 } });
    expect((await world.run(profile)).status).toBe("noChanges");
  });
});
