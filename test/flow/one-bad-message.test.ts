// One message that cannot be had, in whatever way, stops no mailbox.
import { expect, it } from "vitest";
import { MailkeepError } from "../../lib/core/errors.js";
import type { FaultRule } from "../../lib/local/tenant/faults.js";
import type { BlobStore } from "../../lib/ports/blob-store.js";
import type { MimeOutcome } from "../../lib/ports/mail-source.js";
import { aWorld } from "../build/a-world.js";

const eml = (n: number) => `From: a@contoso.example\r\nSubject: m${n}\r\n\r\nHello ${n}\r\n`;
const facts = "GET /users/{user}/messages/{message}";

async function withOneMessage() {
  const world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const { id: box } = world.mailbox();
  const mail = world.tenant.mailboxes;
  const bad = mail.deliver(box, "inbox", eml(1));
  const profile = await world.profile();
  await world.run(profile);
  return { world, box, mail, bad, profile };
}

const shapes: { name: string; do: FaultRule["do"] }[] = [
  { name: "corrupt", do: { kind: "corrupt" } },
  { name: "forbidden", do: { kind: "forbidden" } },
  { name: "unavailable", do: { kind: "unavailable", body: "json" } },
  { name: "refused in a new way", do: { kind: "status", status: 418, code: "ErrorTeapot" } },
];

it.each(shapes)("whose whereabouts cannot be asked for ($name): it is owed an answer", async (shape) => {
  const { world, box, mail, bad, profile } = await withOneMessage();
  await using _ = world;
  mail.move(box, bad, "junkemail");
  mail.deliver(box, "inbox", eml(2));
  world.tenant.faults.set({ rules: [{ route: facts, message: bad, do: shape.do }] });
  const run = await world.run(profile);
  expect(run).toMatchObject({ status: "succeededWithGaps", tally: { stored: 1, quarantined: 1 } });
  expect(await world.app.mailboxes.quarantine(box)).toMatchObject([{ id: bad, attempts: 1 }]);
  world.tenant.faults.clear();
  expect(await world.run(profile)).toMatchObject({ moved: 1 });
  expect(await world.app.mailboxes.quarantine(box)).toEqual([]);
});

it("whose attachment our storage refuses for good is quarantined; the others are stored", async () => {
  const content = Buffer.alloc(6_000, "attachment").toString("base64").replace(/.{76}/g, "$&\r\n");
  const refusing = (blobs: BlobStore): BlobStore => ({
    ...blobs,
    async putIfAbsent(name, body, options) {
      if (name.startsWith("attachments/")) throw new MailkeepError("too-large", "the blob is too large");
      return blobs.putIfAbsent(name, body, options);
    },
  });
  await using world = await aWorld({
    tenant: { messagesPerMailbox: 0 },
    edges: (edges) => ({ ...edges, blobs: refusing(edges.blobs) }),
  });
  const { id: box } = world.mailbox();
  const mail = world.tenant.mailboxes;
  mail.deliver(box, "inbox", `Subject: big\r\nContent-Transfer-Encoding: base64\r\n\r\n${content}\r\n`);
  mail.deliver(box, "inbox", eml(1));
  const run = await world.run(await world.profile());
  expect(run).toMatchObject({ status: "succeededWithGaps", tally: { stored: 1, quarantined: 1 } });
});

it("with categories that no table row can hold is archived", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const { id: box } = world.mailbox();
  const mail = world.tenant.mailboxes;
  const categories = (letter: string) => Array.from({ length: 200 }, (_, n) => `${n}${letter.repeat(250)}`);
  const many = mail.deliver(box, "inbox", { eml: eml(1), categories: categories("x") });
  const profile = await world.profile();
  expect((await world.run(profile)).status).toBe("succeeded");
  expect((await world.run(profile)).status).toBe("noChanges");
  mail.categorise(box, many, categories("y"));
  expect(await world.run(profile)).toMatchObject({ status: "succeeded", changed: 1 });
  mail.markRead(box, many, false);
  expect((await world.run(profile)).status).not.toBe("failed");
  expect((await world.run(profile)).status).toBe("noChanges");
});

/** What `mime` answers instead, when it does. */
async function withOutcomes(messages: number, outcome: (n: number) => MimeOutcome | undefined) {
  let asked = 0;
  const world = await aWorld({
    tenant: { messagesPerMailbox: 0 },
    edges: (edges) => ({
      ...edges,
      mail: {
        open(mailbox, options) {
          const reader = edges.mail.open(mailbox, options);
          const mime = reader.mime.bind(reader);
          reader.mime = async (id) => outcome(asked++) ?? mime(id);
          return reader;
        },
      },
    }),
  });
  const { id: box } = world.mailbox();
  for (let n = 0; n < messages; n++) world.tenant.mailboxes.deliver(box, "inbox", eml(n));
  await world.app.profiles.run(await world.profile());
  await world.app.work(world.queue.receive() ?? "");
  await world.app.work(world.queue.receive() ?? "");
  return { world, asked, owed: await world.app.mailboxes.quarantine(box) };
}

const failing: MimeOutcome = { kind: "failed", reason: "ErrorServerBusy", transient: true };

it("but many in a row are the mailbox failing: it is left alone for a while", async () => {
  const { world, owed } = await withOutcomes(40, () => failing);
  await using _ = world;
  expect(owed.length).toBeLessThan(20);
  expect(world.queue.items()).toHaveLength(1);
});

it("and every other one failing is no mailbox failing", async () => {
  const { world, owed } = await withOutcomes(60, (n) => (n % 2 === 0 ? failing : undefined));
  await using _ = world;
  expect(owed).toHaveLength(30);
  expect(world.queue.items()).toEqual([]);
});
