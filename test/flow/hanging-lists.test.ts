// Lists of folders that never come: finding that out takes minutes, and a run does so once, however many invocations it takes.
import { expect, it } from "vitest";
import { minute, second } from "../../lib/core/time.js";
import { aWorld, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const children = "GET /users/{user}/mailFolders/{folder}/childFolders";

/** A mailbox whose mail comes so slowly that a run takes many invocations. */
async function aSlowWorld(folders: string[]) {
  const at: { world?: World } = {};
  const world = await aWorld({
    tenant: { messagesPerMailbox: 0 },
    edges: (edges) => ({
      ...edges,
      mail: {
        open(mailbox, options) {
          const reader = edges.mail.open(mailbox, options);
          const mime = reader.mime.bind(reader);
          reader.mime = async (id) => {
            for (let passed = 0; passed < 4 * minute; passed += 10 * second) {
              at.world?.clock.advance(10 * second);
              await at.world?.pulse();
            }
            return mime(id);
          };
          return reader;
        },
      },
    }),
  });
  at.world = world;
  const { id } = world.mailbox();
  for (const folder of folders)
    for (let n = 0; n < 10; n++) world.tenant.mailboxes.deliver(id, folder, `Subject: ${folder} ${n}\r\n\r\nbody\r\n`);
  return { world, id };
}

const askedFor = (world: World, folder: string) =>
  world.tenant.requests.filter(({ route, url }) => route === children && url.includes(encodeURIComponent(folder)))
    .length;

it("a list for which nobody answers is asked for by the first invocation of a run alone, and is one gap of it", async () => {
  const { world, id } = await aSlowWorld(["inbox", "/Contracts"]);
  await using _world = world;
  const projects = world.tenant.mailboxes.folders(id).find(({ path }) => path === "/Inbox/Projects")?.id ?? "";
  world.tenant.faults.set({ rules: [{ route: children, folder: projects, do: { kind: "gateway-timeout" } }] });
  const profile = await world.profile();
  const { run } = await world.app.profiles.run(profile);
  await world.app.work(world.queue.receive() ?? "");
  await world.app.work(world.queue.receive() ?? "");
  const once = askedFor(world, projects);
  expect(once).toBeGreaterThan(0);
  await world.settle();
  const part = (await world.parts(run.id)).find(({ mailbox }) => mailbox === id);
  expect(part).toMatchObject({
    status: "succeededWithGaps",
    tally: { stored: 20 },
    problems: [{ folderPath: "/Inbox/Projects" }],
  });
  expect(askedFor(world, projects)).toBe(once);
  // The next run asks anew.
  world.tenant.faults.clear();
  expect(await world.run(profile)).toMatchObject({ status: "noChanges", problems: [] });
  expect((await readBack(world.edges.blobs, id)).stored).toHaveLength(20);
});

it("a list that is refused at once is asked for again by each invocation: it may have healed", async () => {
  const { world, id } = await aSlowWorld(["inbox", "/Contracts", "/Inbox/Projects/Apollo"]);
  await using _world = world;
  const projects = world.tenant.mailboxes.folders(id).find(({ path }) => path === "/Inbox/Projects")?.id ?? "";
  const refused = { kind: "status", status: 500, code: "ErrorInternalServerError" } as const;
  world.tenant.faults.set({ rules: [{ route: children, folder: projects, first: 3, do: refused }] });
  const run = await world.run(await world.profile());
  expect(run).toMatchObject({ status: "succeeded", tally: { stored: 30 } });
});
