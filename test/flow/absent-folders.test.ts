// Well-known folders that a profile asks for and a mailbox simply does not have: nothing is missing for them. What was there
// once, what every mailbox has, and what could not be looked up is another matter.
import { describe, expect, it } from "vitest";
import type { FaultRule } from "../../lib/local/tenant/faults.js";
import { aWorld, type World } from "../build/a-world.js";
import { anApi } from "../unit/http/an-api.js";

const one = "GET /users/{user}/mailFolders/{folder}";
const rootName = "recoverableitemsroot";

/** A mailbox that a profile names, without Recoverable Items and without an archive folder. */
async function aScene({ without = [rootName, "archive"] } = {}) {
  const world = await aWorld({ tenant: { messagesPerMailbox: 3 } });
  const { id, address } = world.mailbox();
  const mail = world.tenant.mailboxes;
  for (const folder of without) mail.deleteFolder(id, folder);
  const asking = (folders: object) => world.profile({ mailboxes: { mode: "only", mailboxes: [address] }, folders });
  const ran = async (profile: Awaited<ReturnType<typeof asking>>) => {
    const run = await world.run(profile);
    const { json } = await anApi(world.app)("GET", `/runs/${run.id}/mailboxes`);
    return json.value[0];
  };
  return { world, id, mail, asking, ran, read: async (folders: object) => ran(await asking(folders)) };
}

const complete = (absentFolders: string[]) => ({
  status: "succeeded",
  problems: [],
  coverage: { complete: true, absentFolders },
});

const folderOf = (world: World, wellKnown: string) =>
  world.tenant.mailboxes.folders(world.mailbox().id).find((folder) => folder.wellKnown === wellKnown)?.id ?? "";

it("says that the mailbox has no Recoverable Items, and that nothing is missing", async () => {
  const { world, asking, ran } = await aScene();
  await using _ = world;
  const profile = await asking({ recoverableItems: true });
  expect(await ran(profile)).toMatchObject(complete(["Recoverable Items"]));
  expect(await ran(profile)).toMatchObject({ ...complete(["Recoverable Items"]), status: "noChanges" });
});

it.each([
  [["/", "wellknown:archive"], ["wellknown:archive"]],
  [["wellknown:inbox", "WellKnown:Archive/**"], ["WellKnown:Archive/**"]],
  [["wellknown:inbox", "wellknown:recoverableitemspurges"], ["wellknown:recoverableitemspurges"]],
  [["wellknown:inbox", "wellknown:recoverableitemsroot"], ["wellknown:recoverableitemsroot"]],
])("says the same of %j", async (include, absent) => {
  const { world, read } = await aScene();
  await using _ = world;
  expect(await read({ include })).toMatchObject(complete(absent));
});

it("is complete, with nothing read, where a profile asks for nothing else", async () => {
  const { world, read } = await aScene();
  await using _ = world;
  expect(await read({ include: ["wellknown:archive", "wellknown:recoverableitemsroot"] })).toMatchObject({
    ...complete(["wellknown:archive", "wellknown:recoverableitemsroot"]),
    status: "noChanges",
    tally: { seen: 0 },
  });
});

it.each([
  [["wellknown:inbox", "/Projekte"], "/Projekte"],
  [["wellknown:inbox", "wellknown:archive/2020"], "wellknown:archive/2020"],
  [["wellknown:inbox", "wellknown:outbox"], "wellknown:outbox"],
])("misses what %j names by a path, and what every mailbox has", async (include, folderPath) => {
  const { world, read } = await aScene({ without: ["archive", "outbox"] });
  await using _ = world;
  expect(await read({ include })).toMatchObject({
    status: "succeededWithGaps",
    problems: [{ code: "FOLDER_NOT_FOUND", folderPath }],
    coverage: { complete: false, absentFolders: [] },
  });
});

describe("what was there in an earlier run", () => {
  it.each([
    [{ recoverableItems: true }, rootName, "Recoverable Items"],
    [{ include: ["/", "wellknown:archive"] }, "archive", "wellknown:archive"],
    [
      { include: ["wellknown:inbox", "wellknown:recoverableitemspurges"] },
      rootName,
      "wellknown:recoverableitemspurges",
    ],
    [
      { include: ["wellknown:inbox", "wellknown:conversationhistory"] },
      "conversationhistory",
      "wellknown:conversationhistory",
    ],
  ])("%j is missed from then on", async (folders, place, folderPath) => {
    const { world, id, mail, asking, ran } = await aScene({ without: [] });
    await using _ = world;
    const profile = await asking(folders);
    mail.deliver(id, place === rootName ? "recoverableitemspurges" : place, "Subject: kept\r\n\r\nbody\r\n");
    expect(await ran(profile)).toMatchObject(complete([]));
    mail.deleteFolder(id, place);
    for (let n = 0; n < 2; n++)
      expect(await ran(profile)).toMatchObject({
        status: "succeededWithGaps",
        problems: [{ code: "FOLDER_NOT_FOUND", folderPath }],
        coverage: { complete: false, absentFolders: [] },
      });
  });

  it("is not doubted for a folder that people made and deleted: that went by way of Deleted Items", async () => {
    const { world, id, mail, asking, ran } = await aScene();
    await using _ = world;
    const profile = await asking({ include: ["/", "wellknown:archive"] });
    const folder = mail.createFolder(id, "Old project");
    expect(await ran(profile)).toMatchObject(complete(["wellknown:archive"]));
    mail.moveFolder(id, folder, "deleteditems");
    await ran(profile);
    mail.deleteFolder(id, folder);
    expect(await ran(profile)).toMatchObject({ problems: [], coverage: { absentFolders: ["wellknown:archive"] } });
  });
});

describe("what could not be looked up is not absent", () => {
  const refusals: [string, FaultRule["do"]][] = [
    ["403", { kind: "forbidden" }],
    ["500", { kind: "status", status: 500, code: "InternalServerError" }],
    ["503", { kind: "unavailable" }],
    ["a reset", { kind: "reset" }],
    ["400", { kind: "status", status: 400, code: "ErrorInvalidIdMalformed" }],
    ["404 of another kind", { kind: "status", status: 404, code: "UnknownError" }],
  ];
  it.each(refusals)("of Recoverable Items (%s)", async (_name, fault) => {
    const { world, mail, id, read } = await aScene({ without: [] });
    await using _ = world;
    const recoverable = mail.folders(id).filter(({ wellKnown }) => wellKnown?.startsWith("recoverable"));
    world.tenant.faults.set({ rules: recoverable.map(({ id: folder }) => ({ route: one, folder, do: fault })) });
    expect(await read({ recoverableItems: true })).toMatchObject({
      status: "succeededWithGaps",
      problems: [{ folderPath: expect.stringContaining("Recoverable Items") }],
      coverage: { complete: false, absentFolders: [] },
    });
  });

  it.each(refusals.slice(1))("of an archive folder (%s)", async (_name, fault) => {
    const { world, mail, id, read } = await aScene({ without: [] });
    await using _ = world;
    mail.renameFolder(id, "archive", "Keller");
    world.tenant.faults.set({ rules: [{ route: one, folder: folderOf(world, "archive"), do: fault }] });
    expect(await read({ include: ["wellknown:inbox", "wellknown:archive"] })).toMatchObject({
      status: "succeededWithGaps",
      problems: [{ folderPath: "wellknown:archive" }],
      coverage: { complete: false, absentFolders: [] },
    });
  });
});
