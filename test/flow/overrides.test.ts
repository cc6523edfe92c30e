// A profile's settings hold for all its mailboxes but those that an override names; what an override changes, it changes for
// them alone.
import { describe, expect, it } from "vitest";
import { RunId } from "../../lib/core/ids.js";
import { day } from "../../lib/core/time.js";
import { longAgo, rule } from "../build/a-deletion.js";
import { aWorld, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const eml = (subject: string) => `From: a@contoso.example\r\nSubject: ${subject}\r\n\r\nHello\r\n`;

/** Two mailboxes with the same mail. */
async function anOffice(subjects: Record<string, string> = { in: "inbox", sent: "sentitems" }) {
  const world = await aWorld({ tenant: { mailboxes: 2, messagesPerMailbox: 0 } });
  const [first, second] = [world.mailbox(0), world.mailbox(1)];
  for (const { id } of [first, second])
    for (const [subject, folder] of Object.entries(subjects))
      world.tenant.mailboxes.deliver(id, folder, { eml: eml(subject), receivedAt: longAgo, isRead: true });
  return { world, first, second };
}

type Box = ReturnType<World["mailbox"]>;

async function stored({ edges }: World, { id }: Box): Promise<string[]> {
  const { records } = await readBack(edges.blobs, id);
  return records.flatMap((record) => record.stored.map(({ subject }) => String(subject))).sort();
}

const partOf = async (world: World, run: string, { id }: Box) =>
  (await world.parts(run)).find(({ mailbox }) => mailbox === id);

async function change(world: World, id: Parameters<World["run"]>[0], input: object): Promise<void> {
  const { profile, etag } = await world.app.profiles.get(id);
  const { id: _, createdAt: __, updatedAt: ___, ...before } = profile;
  await world.app.profiles.replace(id, { ...before, ...input }, etag);
}

const codes = ({ problems }: { problems: { code: string }[] }) => problems.map(({ code }) => code);
const inboxOnly = { include: ["wellknown:inbox"], exclude: [], hidden: false, recoverableItems: false };

describe("folders and filter of an override", () => {
  it("hold for its mailbox alone, and the run says so", async () => {
    const { world, first, second } = await anOffice();
    await using _ = world;
    const profile = await world.profile({ overrides: [{ mailboxes: [first.address], folders: inboxOnly }] });
    const run = await world.run(profile);
    expect(await stored(world, first)).toEqual(["in"]);
    expect(await stored(world, second)).toEqual(["in", "sent"]);
    const applied = { index: 0, name: first.address, replaces: ["folders"] };
    expect((await partOf(world, run.id, first))?.override).toEqual(applied);
    expect((await partOf(world, run.id, second))?.override).toBeNull();
    expect(run.selection).toMatchObject({
      overrides: [{ ...applied, mailbox: first.id, address: first.address, problem: null }],
      overridesCount: 1,
    });
    expect({ status: run.status, problems: run.problems }).toEqual({ status: "succeeded", problems: [] });
  });

  it("taken back, let the next run read what they left out, and nothing twice", async () => {
    const { world, first, second } = await anOffice();
    await using _ = world;
    const profile = await world.profile({ overrides: [{ mailboxes: [first.id], folders: inboxOnly }] });
    await world.run(profile);
    await change(world, profile, { overrides: [] });
    const run = await world.run(profile);
    expect((await partOf(world, run.id, first))?.tally).toMatchObject({ stored: 1 });
    expect((await partOf(world, run.id, second))?.status).toBe("noChanges");
    expect(await stored(world, first)).toEqual(["in", "sent"]);
  });

  it("belong to the cursor: another filter reads its folders anew, the others go on", async () => {
    const { world, first, second } = await anOffice();
    await using _ = world;
    const profile = await world.profile({ overrides: [{ mailboxes: [first.id], filter: { read: "unread" } }] });
    const narrow = await world.run(profile);
    expect((await partOf(world, narrow.id, first))?.coverage.skipped).toEqual({ IS_READ: 2 });
    expect(await stored(world, first)).toEqual([]);
    await change(world, profile, { overrides: [] });
    const wide = await world.run(profile);
    expect((await partOf(world, wide.id, first))?.tally).toMatchObject({ seen: 2, stored: 2 });
    expect((await partOf(world, wide.id, second))?.tally).toMatchObject({ seen: 0 });
    expect(await stored(world, first)).toEqual(["in", "sent"]);
  });

  it("remember what is not yet due, and take it when it is", async () => {
    const { world, first, second } = await anOffice({});
    await using _ = world;
    for (const { id } of [first, second])
      world.tenant.mailboxes.deliver(id, "inbox", { eml: eml("young"), receivedAt: world.clock.now() });
    const profile = await world.profile({ overrides: [{ mailboxes: [first.id], filter: { olderThanDays: 10 } }] });
    const early = await world.run(profile);
    expect((await partOf(world, early.id, first))?.coverage.skipped).toEqual({ NOT_OLD_ENOUGH: 1 });
    expect(await stored(world, second)).toEqual(["young"]);
    world.clock.advance(11 * day);
    await world.run(profile);
    expect(await stored(world, first)).toEqual(["young"]);
  });

  it("name a folder that this mailbox lacks as a gap: it was named for it", async () => {
    const { world, first, second } = await anOffice();
    await using _ = world;
    const folders = { include: ["wellknown:inbox", "/Nowhere"] };
    const profile = await world.profile({ folders, overrides: [{ mailboxes: [first.id], folders }] });
    const run = await world.run(profile);
    expect((await partOf(world, run.id, first))?.problems).toMatchObject([
      { code: "FOLDER_NOT_FOUND", folderPath: "/Nowhere" },
    ]);
    expect((await partOf(world, run.id, second))?.problems).toEqual([]);
  });
});

describe("a run", () => {
  it("keeps the settings that the profile had when it was asked for, and shows them", async () => {
    const { world, first } = await anOffice();
    await using _ = world;
    const profile = await world.profile({ overrides: [{ mailboxes: [first.id], folders: inboxOnly }] });
    const { run } = await world.app.profiles.run(profile);
    await change(world, profile, { overrides: [] });
    await world.settle();
    expect(await stored(world, first)).toEqual(["in"]);
    expect(await world.app.runs.settings(RunId.parse(run.id))).toMatchObject({
      profile: { folders: { include: ["/"] }, requestTimeoutSeconds: 100 },
      overrides: [{ mailboxes: [first.id], replaces: ["folders"], settings: { folders: inboxOnly } }],
    });
  });

  it("archives nothing of a mailbox by guess when they are lost", async () => {
    const { world, first, second } = await anOffice();
    await using _ = world;
    const profile = await world.profile({ overrides: [{ mailboxes: [first.id], folders: inboxOnly }] });
    const { run } = await world.app.profiles.run(profile);
    await world.app.work(world.queue.receive() as never);
    await world.edges.rows.delete(
      "runs",
      { partition: "run-overrides", row: run.id },
      await etagOfOverrides(world, run),
    );
    await world.settle();
    const ended = await world.app.runs.get(RunId.parse(run.id));
    expect(ended.status).toBe("failed");
    expect((await partOf(world, run.id, first))?.reason).toBe("RUN_SETTINGS_MISSING");
    expect([await stored(world, first), await stored(world, second)]).toEqual([[], []]);
  });

  const etagOfOverrides = async ({ edges }: World, run: { id: string }) =>
    (await edges.rows.get("runs", { partition: "run-overrides", row: run.id }))?.etag ?? "";
});

describe("an override that holds for nobody", () => {
  it("of whom the profile does not choose is named, and nothing is missing for it", async () => {
    const { world, first, second } = await anOffice();
    await using _ = world;
    const profile = await world.profile({
      mailboxes: { mode: "only", mailboxes: [first.address] },
      overrides: [{ mailboxes: [second.address], folders: inboxOnly }],
    });
    const run = await world.run(profile);
    expect({ status: run.status, codes: codes(run) }).toEqual({
      status: "succeeded",
      codes: ["OVERRIDE_MAILBOX_NOT_SELECTED"],
    });
    expect(run.problems[0]).toMatchObject({ fix: expect.stringContaining("overrides") });
    expect(run.selection?.overrides).toMatchObject([{ problem: "OVERRIDE_MAILBOX_NOT_SELECTED", mailbox: second.id }]);
    expect(await stored(world, first)).toEqual(["in", "sent"]);
  });

  it("of a name that nobody has is named, and everybody is archived all the same", async () => {
    const { world, first, second } = await anOffice();
    await using _ = world;
    const overrides = [{ mailboxes: ["nobody@contoso.example"], folders: inboxOnly }];
    const run = await world.run(await world.profile({ overrides }));
    expect({ status: run.status, codes: codes(run) }).toEqual({
      status: "succeededWithGaps",
      codes: ["OVERRIDE_MAILBOX_NOT_FOUND"],
    });
    for (const box of [first, second]) expect(await stored(world, box)).toEqual(["in", "sent"]);
  });

  it("is asked for by name before it is called unknown", async () => {
    const { world } = await anOffice();
    await using _ = world;
    await world.app.mailboxes.sync();
    const { mailboxes } = world.tenant;
    const id = "eeeeeeee-0000-4000-a000-000000000001";
    const mail = "new.hire@contoso.example";
    const template = mailboxes.person(world.mailbox().id);
    const person = { ...template, id, mail, userPrincipalName: mail, proxyAddresses: [`SMTP:${mail}`] };
    mailboxes.addPerson({ ...person, missingIn: "changes" });
    for (const folder of ["inbox", "sentitems"]) mailboxes.deliver(id, folder, eml(folder));
    const run = await world.run(await world.profile({ overrides: [{ mailboxes: [mail], folders: inboxOnly }] }));
    expect(codes(run)).toEqual([]);
    expect(await stored(world, { id, address: mail } as Box)).toEqual(["inbox"]);
  });
});

describe("a deletion rule", () => {
  const exempt = ({ address }: Box) => [{ mailboxes: [address], deletion: { mode: "none" as const } }];
  /** How many messages each still has in its inbox, whatever that is called there. */
  const inboxes = (world: World, ...boxes: Box[]) =>
    boxes.map(({ id }) => {
      const inbox = world.tenant.mailboxes.folders(id).find(({ wellKnown }) => wellKnown === "inbox")?.path;
      return world.tenant.mailboxes.inventory(id).filter(({ folderPath }) => folderPath === inbox).length;
    });

  /** Archived eight days ago, with a dry run of today. */
  async function afterDryRun(overridesOf: (office: Awaited<ReturnType<typeof anOffice>>) => object[]) {
    const office = await anOffice({ one: "inbox", two: "inbox" });
    const { world } = office;
    const profile = await world.profile({ deletion: rule, overrides: overridesOf(office) });
    await world.run(profile);
    world.clock.advance(8 * day);
    return { ...office, profile, dry: await world.run(profile) };
  }
  const switchOn = (world: World, profile: Parameters<World["run"]>[0], more: object = {}) =>
    change(world, profile, { deletion: { ...rule, maxPerRun: 500, dryRun: false }, ...more });
  const refused = expect.objectContaining({ reason: "DRY_RUN_REQUIRED" });

  it("leaves an exempt mailbox alone", async () => {
    const { world, first, second, profile, dry } = await afterDryRun(({ first: box }) => exempt(box));
    await using _ = world;
    expect(dry.deletion).toMatchObject({ dryRun: true, wouldDelete: 2 });
    await switchOn(world, profile);
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ deleted: 2, candidates: 2 });
    expect((await partOf(world, run.id, first))?.deletion).toBeNull();
    expect((await partOf(world, run.id, second))?.deletion).toMatchObject({ deleted: 2 });
    expect(inboxes(world, first, second)).toEqual([2, 0]);
  });

  it("needs a dry run of the very overrides with which it is switched on", async () => {
    const { world, first, second, profile } = await afterDryRun(({ first: box }) => exempt(box));
    await using _ = world;
    for (const overrides of [[], exempt(second), [{ mailboxes: [first.address], folders: inboxOnly }]])
      await expect(switchOn(world, profile, { overrides })).rejects.toEqual(refused);
    await switchOn(world, profile);
    // On, it does not stay on with others either.
    await expect(switchOn(world, profile, { overrides: [] })).rejects.toEqual(refused);
  });

  it("stops for all when an exemption is made in the middle of a run", async () => {
    const { world, first, second, profile } = await afterDryRun(() => []);
    await using _ = world;
    await switchOn(world, profile);
    world.clock.advance(1_000);
    const { run } = await world.app.profiles.run(profile);
    await change(world, profile, { deletion: { ...rule, maxPerRun: 500, dryRun: true }, overrides: exempt(first) });
    await world.settle();
    const ended = await world.app.runs.get(RunId.parse(run.id));
    expect(ended.deletion).toMatchObject({ deleted: 0, notDeleted: { ruleChanged: 4 } });
    expect(inboxes(world, first, second)).toEqual([2, 2]);
  });

  it("applies to the folders that hold for the mailbox", async () => {
    const { world, first, second, profile } = await afterDryRun(({ first: box }) => [
      { mailboxes: [box.address], folders: { ...inboxOnly, include: ["wellknown:sentitems"] } },
    ]);
    await using _ = world;
    await switchOn(world, profile);
    await world.run(profile);
    expect(inboxes(world, first, second)).toEqual([2, 0]);
  });

  it("deletes nothing from anybody while it is not known who is exempt, and such a dry run is none", async () => {
    const ghost = { mailboxes: ["nobody@contoso.example"], deletion: { mode: "none" } };
    const { world, first, second, profile, dry } = await afterDryRun(() => [ghost]);
    await using _ = world;
    expect(dry.deletion).toMatchObject({ wouldDelete: 0, notDeleted: { mayBeExempt: 4 } });
    expect(codes((await partOf(world, dry.id, first)) as never)).toEqual(["OVERRIDE_MAILBOX_NOT_FOUND"]);
    await expect(switchOn(world, profile)).rejects.toEqual(refused);
    expect(inboxes(world, first, second)).toEqual([2, 2]);
  });

  it("deletes nothing when whoever is exempt cannot be found any more", async () => {
    const { world, first, second, profile } = await afterDryRun(({ first: box }) => exempt(box));
    await using _ = world;
    await switchOn(world, profile);
    const mail = "renamed@contoso.example";
    const change = { mail, userPrincipalName: mail, proxyAddresses: [`SMTP:${mail}`] };
    world.tenant.mailboxes.changePerson(first.id, change);
    const run = await world.run(profile);
    expect(codes(run)).toEqual(["OVERRIDE_MAILBOX_NOT_FOUND"]);
    expect(run.deletion).toMatchObject({ deleted: 0, notDeleted: { mayBeExempt: 4 } });
    expect(inboxes(world, first, second)).toEqual([2, 2]);
  });

  it("leaves alone whom two overrides mean, and the first of them holds", async () => {
    const alias = "second.name@contoso.example";
    const { world, first, second, profile } = await afterDryRun(({ first: box }) => [
      { mailboxes: [box.address], folders: inboxOnly },
      { mailboxes: [alias], requestTimeoutSeconds: 60 },
    ]);
    await using _ = world;
    const { mailboxes } = world.tenant;
    const { proxyAddresses } = mailboxes.person(first.id);
    mailboxes.changePerson(first.id, { proxyAddresses: [...proxyAddresses, `smtp:${alias}`] });
    const run = await world.run(profile);
    expect(codes(run)).toEqual(["OVERRIDE_CONFLICT"]);
    expect((await partOf(world, run.id, first))?.override).toMatchObject({ index: 0, conflictsWith: 1 });
    expect((await partOf(world, run.id, first))?.deletion).toBeNull();
    expect((await partOf(world, run.id, second))?.deletion).toMatchObject({ wouldDelete: 2 });
    await expect(switchOn(world, profile)).rejects.toMatchObject({
      reason: "OVERRIDE_CONFLICT",
      field: "overrides[1].mailboxes[0]",
    });
  });
});
