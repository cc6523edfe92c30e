// Which folders a profile reads: whatever the language of the mailbox, whatever its folders are called.
import { expect, it } from "vitest";
import { MailboxId } from "../../lib/core/ids.js";
import { takeClaim } from "../../lib/mailboxes/claim.js";
import { aWorld, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const eml = (subject: string) => `From: a@contoso.example\r\nSubject: ${subject}\r\n\r\nHello\r\n`;

/** A mailbox in German with mail in many places; each message is called after its folder. */
async function aMailbox() {
  const world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const mail = world.tenant.mailboxes;
  const person = {
    ...mail.person(world.mailbox().address),
    id: "5f0c7a3e-0000-4222-8333-444455556666",
    language: "de",
  };
  const address = "greta@contoso.example";
  mail.addPerson({ ...person, userPrincipalName: address, mail: address, proxyAddresses: [] } as typeof person & {
    language: "de";
  });
  const box = MailboxId.parse(person.id);
  const folder = (name: string, parent?: string) => mail.createFolder(box, name, parent);
  const projects = folder("Projekte", "inbox");
  const places: Record<string, string> = {
    inbox: "inbox",
    sent: "sentitems",
    drafts: "drafts",
    junk: "junkemail",
    deleted: "deleteditems",
    projects,
    old: folder("Alt", projects),
    slash: folder("A/B", "msgfolderroot"),
    star: folder("A*B"),
    between: folder("AxB"),
    umlaut: folder("Entwu\u0308rfe 2"),
    hidden: mail.folders(box).find(({ hidden }) => hidden)?.id ?? "",
    deletions: "recoverableitemsdeletions",
    purges: "recoverableitemspurges",
    versions: "recoverableitemsversions",
    substrate: folder("SubstrateHolds", "recoverableitemsroot"),
  };
  for (const [subject, place] of Object.entries(places)) mail.deliver(box, place, eml(subject));
  const read = async (folders: object) => {
    const profile = await world.profile({ mailboxes: { mode: "only", mailboxes: [address] }, folders });
    const run = await world.run(profile);
    const part = (await world.parts(run.id)).find(({ mailbox }) => mailbox === box);
    const { records } = await readBack(world.edges.blobs, box);
    const stored = records.flatMap((record) =>
      record.run === run.id ? record.stored.map(({ subject }) => subject) : [],
    );
    return { stored: stored.sort(), status: run.status, problems: part?.problems ?? [] };
  };
  return { world, box, mail, read };
}

const visible = ["between", "deleted", "inbox", "old", "projects", "sent", "slash", "star", "umlaut"];
const recoverable = ["deletions", "purges", "substrate", "versions"];

const table: { name: string; folders: object; stored: string[] }[] = [
  { name: "by default all but drafts, junk, hidden and recoverable ones", folders: {}, stored: visible },
  { name: "well-known ones", folders: { include: ["wellknown:inbox"] }, stored: ["inbox", "old", "projects"] },
  {
    name: "well-known ones without what is below them",
    folders: { include: ["WellKnown:Inbox"], exclude: ["wellknown:inbox/*"] },
    stored: ["inbox"],
  },
  { name: "below a well-known one", folders: { include: ["wellknown:inbox/projekte/*"] }, stored: ["old"] },
  { name: "by path", folders: { include: ["/Posteingang/Projekte"] }, stored: ["old", "projects"] },
  { name: "at any depth", folders: { include: ["/**/Alt"] }, stored: ["old"] },
  { name: "with a slash in its name", folders: { include: ["/A\\/B"] }, stored: ["slash"] },
  { name: "with a star for any text", folders: { include: ["/a*b"] }, stored: ["between", "slash", "star"] },
  { name: "with a star in its name", folders: { include: ["/A\\*B"] }, stored: ["star"] },
  { name: "with a letter that is written in two ways", folders: { include: ["/Entwürfe 2"] }, stored: ["umlaut"] },
  {
    name: "but not what is excluded",
    folders: {
      include: ["/"],
      exclude: ["wellknown:sentitems", "/A\\*B", "/**/Alt", "wellknown:drafts", "wellknown:junkemail"],
    },
    stored: ["between", "deleted", "inbox", "projects", "slash", "umlaut"],
  },
  { name: "hidden ones", folders: { hidden: true }, stored: [...visible, "hidden"].sort() },
  {
    name: "Recoverable Items and all in it",
    folders: { recoverableItems: true },
    stored: [...visible, ...recoverable].sort(),
  },
  {
    name: "Recoverable Items without some of it",
    folders: {
      include: ["wellknown:sentitems"],
      exclude: ["wellknown:recoverableitemsversions", "/Recoverable Items/SubstrateHolds"],
      recoverableItems: true,
    },
    stored: ["deletions", "purges", "sent"],
  },
  {
    name: "some of Recoverable Items and nothing else",
    folders: { include: ["wellknown:recoverableitemsdeletions"] },
    stored: ["deletions"],
  },
];

it.each(table)("reads folders $name", async ({ folders, stored }) => {
  const { world, read } = await aMailbox();
  await using _ = world;
  expect(await read(folders)).toEqual({ stored, status: "succeeded", problems: [] });
});

it("names what it could not list in Recoverable Items", async () => {
  const { world, box, mail, read } = await aMailbox();
  await using _ = world;
  const deletions = mail.folders(box).find(({ wellKnown }) => wellKnown === "recoverableitemsdeletions")?.id ?? "";
  world.tenant.faults.set({
    rules: [
      {
        route: "GET /users/{user}/mailFolders/{folder}/childFolders",
        folder: deletions,
        do: { kind: "status", status: 500, code: "ErrorInternalServerError" },
      },
    ],
  });
  const { status, problems } = await read({ recoverableItems: true });
  expect(status).toBe("succeededWithGaps");
  expect(problems).toMatchObject([{ folderPath: "/Recoverable Items/Deletions" }]);
});

it("names a pattern that fits nothing", async () => {
  const { world, read } = await aMailbox();
  await using _ = world;
  expect((await read({ include: ["wellknown:inbox", "/Projekte"] })).problems).toMatchObject([
    { code: "FOLDER_NOT_FOUND", folderPath: "/Projekte" },
  ]);
});

async function whileHeld(world: World, box: MailboxId, look: () => Promise<unknown>): Promise<void> {
  const attempt = await takeClaim(box, world.edges);
  if (attempt.kind === "held") throw new Error("somebody else holds it");
  await look();
  await attempt.claim.release({ slots: [] });
}

it("says that folders are not known yet rather than that there are none", async () => {
  const { world, box, read } = await aMailbox();
  await using _ = world;
  await world.app.mailboxes.sync();
  await whileHeld(world, box, () =>
    expect(world.app.mailboxes.folders(box)).rejects.toMatchObject({ reason: "FOLDERS_NOT_KNOWN_YET" }),
  );
  await read({});
  await whileHeld(world, box, async () => {
    const { source, value } = await world.app.mailboxes.folders(box);
    expect(source).toBe("archive");
    expect(value.map(({ path }) => path)).toContain("/Posteingang/Projekte/Alt");
  });
});

it.each(["wellknown:inbox", "WellKnown:drafts"])(
  "refuses to list %s, which the archive does not know",
  async (folder) => {
    const { world, box } = await aMailbox();
    await using _ = world;
    await world.app.mailboxes.sync();
    await expect(world.app.messages.list(box, { folder })).rejects.toMatchObject({ code: "invalid", field: "folder" });
  },
);
