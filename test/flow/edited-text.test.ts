// A message whose text is edited in place is another version; one that is only marked, or moved and moved back, is not.
import { expect, it } from "vitest";
import { day } from "../../lib/core/time.js";
import { aWorld } from "../build/a-world.js";

const eml = (text: string) => `From: a@contoso.example\r\nSubject: offer\r\nMessage-ID: <1@x>\r\n\r\n${text}\r\n`;

async function anArchivedMessage() {
  const world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const { id: box } = world.mailbox();
  const mail = world.tenant.mailboxes;
  const message = mail.deliver(box, "inbox", eml("Ten for the price of nine"));
  const profile = await world.profile();
  await world.run(profile);
  return { world, box, mail, message, profile };
}

it("is archived beside the first version when the beginning of its text is another", async () => {
  const { world, box, mail, message, profile } = await anArchivedMessage();
  await using _ = world;
  mail.editDraft(box, message, eml("Ten for the price of twelve"));
  expect(await world.run(profile)).toMatchObject({ status: "succeeded", tally: { stored: 1 } });
  const { value } = await world.app.messages.list(box, {});
  expect(value.map(({ immutableId }) => immutableId)).toEqual([message, message]);
  expect((await world.run(profile)).status).toBe("noChanges");
});

it("is not downloaded for a flag, nor for a move and the way back", async () => {
  const { world, box, mail, message, profile } = await anArchivedMessage();
  await using _ = world;
  mail.flag(box, message);
  expect(await world.run(profile)).toMatchObject({ changed: 1, tally: { stored: 0 } });
  mail.move(box, message, "archive");
  mail.move(box, message, "inbox");
  expect(await world.run(profile)).toMatchObject({ tally: { stored: 0, quarantined: 0 } });
});

it("is told from the first version that waited until it was old enough", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const { id: box } = world.mailbox();
  const mail = world.tenant.mailboxes;
  const message = mail.deliver(box, "inbox", eml("Ten for the price of nine"));
  const profile = await world.profile({ filter: { olderThanDays: 5 } });
  expect(await world.run(profile)).toMatchObject({ tally: { stored: 0, skipped: 1 } });
  world.clock.advance(6 * day);
  expect(await world.run(profile)).toMatchObject({ tally: { stored: 1 } });
  mail.editDraft(box, message, eml("Ten for the price of twelve"));
  expect(await world.run(profile)).toMatchObject({ status: "succeeded", tally: { stored: 1 } });
});

it("is told from the first version that was read by the plain list, beside a message that spoils its page", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const { id: box } = world.mailbox();
  const mail = world.tenant.mailboxes;
  const message = mail.deliver(box, "inbox", eml("Ten for the price of nine"));
  const spoiling = mail.deliver(box, "inbox", eml("spoiled"));
  const route = [
    "GET /users/{user}/mailFolders/{folder}/messages/delta",
    "GET /users/{user}/mailFolders/{folder}/messages",
  ];
  const rules = [{ route, lists: spoiling, do: { kind: "status" as const, status: 500 } }];
  world.tenant.faults.set({ rules });
  const profile = await world.profile();
  await world.run(profile);
  mail.editDraft(box, message, eml("Ten for the price of twelve"));
  world.tenant.faults.set({ rules: [] });
  await world.run(profile);
  const { value } = await world.app.messages.list(box, {});
  expect(value.filter(({ immutableId }) => immutableId === message)).toHaveLength(2);
});
