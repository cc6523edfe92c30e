// What is owed stays owed until it is settled, is settled when there is nothing left to owe, and is counted once.
import { expect, it } from "vitest";
import { unaccounted } from "../../lib/core/tally.js";
import { day } from "../../lib/core/time.js";
import { aWorld, type World } from "../build/a-world.js";

const value = "GET /users/{user}/messages/{message}/$value";
const eml = (subject: string) => `From: a@contoso.example\r\nSubject: ${subject}\r\n\r\nHello\r\n`;

async function aMailbox() {
  const world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const { id: box } = world.mailbox();
  const mail = world.tenant.mailboxes;
  mail.deliver(box, "sentitems", eml("fine"));
  const poison = (id: string) =>
    world.tenant.faults.set({ rules: [{ message: id, route: value, do: { kind: "corrupt" } }] });
  return { world, box, mail, poison, owed: () => world.app.mailboxes.quarantine(box) };
}

async function expectSettled(world: World, profile: Parameters<World["run"]>[0]): Promise<void> {
  const run = await world.run(profile);
  expect(run.status).not.toBe("succeededWithGaps");
  expect(unaccounted(run.tally)).toBe(0);
  expect(await world.app.mailboxes.quarantine(world.mailbox().id)).toEqual([]);
  expect((await world.run(profile)).status).toBe("noChanges");
}

it.each(["junkemail", "recoverableitemsdeletions"])("owes nothing for a message moved to %s", async (folder) => {
  const { world, box, mail, poison, owed } = await aMailbox();
  await using _ = world;
  const bad = mail.deliver(box, "inbox", eml("bad"));
  poison(bad);
  const profile = await world.profile();
  expect((await world.run(profile)).status).toBe("succeededWithGaps");
  expect(await owed()).toHaveLength(1);
  mail.move(box, bad, folder);
  await expectSettled(world, profile);
});

it.each(["purge", "remove"] as const)("owes no new content of a message after its %s", async (leave) => {
  const { world, box, mail, poison, owed } = await aMailbox();
  await using _ = world;
  const letter = mail.deliver(box, "inbox", eml("first words"));
  const profile = await world.profile();
  await world.run(profile);
  mail.editDraft(box, letter, eml("other words"));
  poison(letter);
  expect(await world.run(profile)).toMatchObject({ status: "succeededWithGaps", tally: { quarantined: 1 } });
  expect(await owed()).toHaveLength(1);
  mail[leave](box, letter);
  await expectSettled(world, profile);
});

it("owes nothing when the content is again what was archived", async () => {
  const { world, box, mail, poison } = await aMailbox();
  await using _ = world;
  const letter = mail.deliver(box, "inbox", eml("first words"));
  const profile = await world.profile();
  await world.run(profile);
  mail.editDraft(box, letter, eml("other words"));
  poison(letter);
  await world.run(profile);
  mail.editDraft(box, letter, eml("first words"));
  await expectSettled(world, profile);
});

it("archives the new content once it can be had", async () => {
  const { world, box, mail, poison, owed } = await aMailbox();
  await using _ = world;
  const letter = mail.deliver(box, "inbox", eml("first words"));
  const profile = await world.profile();
  await world.run(profile);
  mail.editDraft(box, letter, eml("other words"));
  poison(letter);
  await world.run(profile);
  world.tenant.faults.clear();
  expect(await world.run(profile)).toMatchObject({ status: "succeeded", tally: { stored: 1 } });
  expect(await owed()).toEqual([]);
});

it("leaves what another profile owes to that profile", async () => {
  const { world, box, mail, poison, owed } = await aMailbox();
  await using _ = world;
  poison(mail.deliver(box, "inbox", eml("bad")));
  const sent = await world.profile({ folders: { include: ["wellknown:sentitems"] } });
  const hidden = await world.profile({ folders: { include: ["/"], hidden: true } });
  expect((await world.run(hidden)).status).toBe("succeededWithGaps");
  expect((await world.run(sent)).status).toBe("noChanges");
  expect(await owed()).toHaveLength(1);
});

it("leaves what is owed in a hidden folder to the profile that reads it", async () => {
  const { world, box, mail, poison, owed } = await aMailbox();
  await using _ = world;
  const secret = mail.folders(box).find(({ hidden }) => hidden)?.path ?? "";
  poison(mail.deliver(box, secret, eml("bad")));
  const hidden = await world.profile({ folders: { hidden: true } });
  const plain = await world.profile();
  expect((await world.run(hidden)).status).toBe("succeededWithGaps");
  expect((await world.run(plain)).status).toBe("noChanges");
  expect(await owed()).toHaveLength(1);
  world.tenant.faults.clear();
  expect(await world.run(hidden)).toMatchObject({ status: "succeeded", tally: { stored: 1 } });
});

it("tries a message once in a run, wherever it turns up in it", async () => {
  const { world, box, mail, poison } = await aMailbox();
  await using _ = world;
  const bad = mail.deliver(box, "inbox", eml("bad"));
  poison(bad);
  const profile = await world.profile();
  await world.run(profile);
  // Owed, and told of by the delta round as well.
  mail.flag(box, bad, "flagged");
  expect(await world.run(profile)).toMatchObject({ tally: { quarantined: 1, seen: 1 } });
  expect(await world.app.mailboxes.quarantine(box)).toMatchObject([{ attempts: 2 }]);
});

it("tries a message once in a run, also when the weekly comparison comes upon it", async () => {
  const { world, box, mail, poison } = await aMailbox();
  await using _ = world;
  const bad = mail.deliver(box, "inbox", eml("bad"));
  poison(bad);
  const profile = await world.profile();
  await world.run(profile);
  world.clock.advance(8 * day);
  expect(await world.run(profile)).toMatchObject({ tally: { quarantined: 1, seen: 1 } });
  expect(await world.app.mailboxes.quarantine(box)).toMatchObject([{ attempts: 2 }]);
});

it.each([
  ["its bytes", [value]],
  ["anything of it", [value, "GET /users/{user}/messages/{message}"]],
])(
  "counts and tries a message once in a run, though it moved since the last one, if Graph refuses %s",
  async (_, route) => {
    const { world, box, mail, poison } = await aMailbox();
    await using _world = world;
    const bad = mail.deliver(box, "inbox", eml("bad"));
    poison(bad);
    const profile = await world.profile();
    await world.run(profile);
    world.tenant.faults.set({ rules: [{ message: bad, route, do: { kind: "corrupt" } }] });
    mail.move(box, bad, "sentitems");
    expect(await world.run(profile)).toMatchObject({ tally: { quarantined: 1, seen: 1 } });
    const sent = mail.folders(box).find(({ wellKnown }) => wellKnown === "sentitems")?.id;
    expect(await world.app.mailboxes.quarantine(box)).toMatchObject([{ attempts: 2, folderId: sent }]);
  },
);
