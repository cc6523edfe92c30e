// What a profile's filter takes, leaves and waits for, on every way a message goes into the archive.
import { expect, it } from "vitest";
import { unaccounted } from "../../lib/core/tally.js";
import { day, hour } from "../../lib/core/time.js";
import type { Delivery } from "../../lib/local/tenant/control.js";
import { aWorld, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const value = "GET /users/{user}/messages/{message}/$value";
const single = "GET /users/{user}/messages/{message}";
const eml = (subject: string, from = "a@contoso.example", body = "Hello") =>
  `From: ${from}\r\nTo: b@contoso.example\r\nSubject: ${subject}\r\n\r\n${body}\r\n`;

interface More extends Omit<Delivery, "eml"> {
  from?: string;
  body?: string;
  folder?: string;
}

async function aMailbox(filter: object, options: Parameters<typeof aWorld>[0] = {}) {
  const world = await aWorld({ tenant: { messagesPerMailbox: 0 }, ...options });
  const { id: box } = world.mailbox();
  const mail = world.tenant.mailboxes;
  const deliver = (subject: string, more: More = {}) => {
    const { from, body, folder = "inbox", ...rest } = more;
    return mail.deliver(box, folder, { eml: eml(subject, from, body), isRead: false, ...rest });
  };
  return { world, box, mail, deliver, profile: await world.profile({ filter }) };
}

const subjects = async (world: World) => {
  const { records } = await readBack(world.edges.blobs, world.mailbox().id);
  return records.flatMap(({ stored }) => stored.map(({ subject }) => subject)).sort();
};

const asked = (world: World, route: string) =>
  world.tenant.requests.filter((request) => request.route === route).length;

/** Runs, and expects everything seen to be accounted for. */
async function run(world: World, profile: Parameters<World["run"]>[0]) {
  const done = await world.run(profile);
  expect(unaccounted(done.tally)).toBe(0);
  expect(Object.values(done.skipped).reduce((sum, one) => sum + one, 0)).toBe(done.tally.skipped);
  return done;
}

const table: { name: string; filter: object; taken: string[]; skipped: object }[] = [
  {
    name: "received in a time",
    filter: { receivedFrom: "2026-02-01", receivedTo: "2026-02-20T00:00:00+01:00" },
    taken: ["february"],
    skipped: { RECEIVED_TOO_EARLY: 1, RECEIVED_TOO_LATE: 4 },
  },
  { name: "read", filter: { read: "read" }, taken: ["read"], skipped: { IS_UNREAD: 5 } },
  {
    name: "unread",
    filter: { read: "unread" },
    taken: ["attached", "february", "january", "large", "red"],
    skipped: { IS_READ: 1 },
  },
  {
    name: "with attachments",
    filter: { hasAttachments: "yes" },
    taken: ["attached"],
    skipped: { HAS_NO_ATTACHMENTS: 5 },
  },
  {
    name: "large enough, and not too large",
    filter: { minSize: 2_000, maxSize: 6_000 },
    taken: ["large"],
    skipped: { UNDER_MIN_SIZE: 4, OVER_MAX_SIZE: 1 },
  },
  {
    name: "from a sender or a domain",
    filter: { senders: ["Anna@Fabrikam.example", "@litware.example"] },
    taken: ["january", "red"],
    skipped: { SENDER_NOT_CHOSEN: 4 },
  },
  {
    name: "of a category",
    filter: { categories: ["RED", "blue"] },
    taken: ["red"],
    skipped: { CATEGORY_NOT_CHOSEN: 5 },
  },
  {
    name: "of several kinds at once",
    filter: { read: "unread", hasAttachments: "no", receivedFrom: "2026-02-01" },
    taken: ["february", "large", "red"],
    skipped: { RECEIVED_TOO_EARLY: 1, IS_READ: 1, HAS_ATTACHMENTS: 1 },
  },
];

it.each(table)("takes what was $name, and counts the rest by cause", async ({ filter, taken, skipped }) => {
  const { world, deliver, profile } = await aMailbox(filter);
  await using _ = world;
  deliver("january", { receivedAt: new Date("2026-01-15T12:00:00Z"), from: "anna@fabrikam.example" });
  deliver("february", { receivedAt: new Date("2026-02-15T12:00:00Z") });
  deliver("read", { isRead: true });
  deliver("red", { categories: ["Red"], from: "x@LITWARE.example" });
  deliver("large", { body: "x".repeat(4_000) });
  const parts = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\n${"y".repeat(8_000)}\r\n--b--`;
  world.tenant.mailboxes.deliver(world.mailbox().id, "inbox", {
    eml: `From: c@contoso.example\r\nSubject: attached\r\n${parts}\r\n`,
    isRead: false,
  });
  const first = await run(world, profile);
  expect(await subjects(world)).toEqual(taken);
  expect(first).toMatchObject({ status: "succeeded", skipped, tally: { seen: 6, stored: taken.length } });
  const part = (await world.parts(first.id)).find(({ mailbox }) => mailbox === world.mailbox().id);
  expect(part?.coverage).toMatchObject({ skipped, complete: true });
  expect(part).toMatchObject({ done: 6, total: 6 });
  world.tenant.resetCounters();
  expect(await run(world, profile)).toMatchObject({ status: "noChanges", tally: { seen: 0 } });
  world.clock.advance(8 * day);
  expect(await run(world, profile), "the weekly comparison leaves them, too").toMatchObject({ status: "noChanges" });
  expect(asked(world, single) + asked(world, value)).toBe(0);
});

const [general, secret] = ["0b2a9e5c-7a1d-4a61-9c0e-2f4d1c6b7a10", "1b2a9e5c-7a1d-4a61-9c0e-2f4d1c6b7a11"];
const marks: { filter: object; taken: string[]; skipped: object }[] = [
  { filter: { flag: "flagged" }, taken: ["flagged"], skipped: { FLAG_NOT_CHOSEN: 5 } },
  { filter: { flag: "complete" }, taken: ["done"], skipped: { FLAG_NOT_CHOSEN: 5 } },
  { filter: { messageClasses: ["ipm.note.smime*"] }, taken: ["signed"], skipped: { MESSAGE_CLASS_NOT_CHOSEN: 5 } },
  {
    filter: { messageClasses: ["IPM.Note"] },
    taken: ["done", "flagged", "labelled", "private"],
    skipped: { MESSAGE_CLASS_NOT_CHOSEN: 2 },
  },
  { filter: { sensitivity: ["private"] }, taken: ["private"], skipped: { SENSITIVITY_NOT_CHOSEN: 5 } },
  { filter: { sensitivityLabels: [general] }, taken: ["labelled"], skipped: { LABEL_NOT_CHOSEN: 5 } },
  { filter: { sensitivityLabels: [secret] }, taken: [], skipped: { LABEL_NOT_CHOSEN: 6 } },
  {
    filter: { sensitivityLabels: ["none"], sensitivity: ["normal"], flag: "notFlagged" },
    taken: ["bounce", "signed"],
    skipped: { FLAG_NOT_CHOSEN: 2, SENSITIVITY_NOT_CHOSEN: 1, LABEL_NOT_CHOSEN: 1 },
  },
];

const marked = (subject: string, header: string) => `${header}\r\n${eml(subject)}`;

it.each(marks)("takes what is marked as $filter, without a request more", async ({ filter, taken, skipped }) => {
  const { world, box, mail, deliver, profile } = await aMailbox(filter);
  await using _ = world;
  mail.flag(box, deliver("flagged"), "flagged");
  mail.flag(box, deliver("done"), "complete");
  const label = `MSIP_Label_${general}_Enabled=True;MSIP_Label_${general}_Name=General`;
  for (const [subject, header] of [
    ["signed", "Content-Type: multipart/signed; boundary=b"],
    ["bounce", "Content-Type: multipart/report; report-type=delivery-status; boundary=b"],
    ["private", "Sensitivity: Private"],
    ["labelled", `msip_labels: ${label}`],
  ] as const)
    mail.deliver(box, "inbox", { eml: marked(subject, header), isRead: false });
  const first = await run(world, profile);
  expect(first).toMatchObject({ skipped, unjudged: 0, tally: { seen: 6, stored: taken.length } });
  expect(await subjects(world)).toEqual(taken);
  expect(asked(world, single), "everything came with the page").toBe(0);
  world.clock.advance(8 * day);
  expect(await run(world, profile), "the weekly comparison leaves them, too").toMatchObject({ status: "noChanges" });
  expect(asked(world, single)).toBe(0);
});

it("asks for no more than it filters by", async () => {
  const { world, deliver, profile } = await aMailbox({ read: "read" });
  await using _ = world;
  deliver("one", { isRead: true });
  await run(world, profile);
  expect(world.tenant.requests.filter(({ url }) => url.includes("expand"))).toEqual([]);
});

it("takes a message that is flagged or labelled later", async () => {
  const { world, box, mail, deliver, profile } = await aMailbox({ flag: "flagged", sensitivityLabels: ["none"] });
  await using _ = world;
  const one = deliver("one");
  deliver("two");
  expect(await run(world, profile)).toMatchObject({ tally: { stored: 0 }, skipped: { FLAG_NOT_CHOSEN: 2 } });
  mail.flag(box, one);
  expect(await run(world, profile)).toMatchObject({ tally: { stored: 1 } });
  expect(await subjects(world)).toEqual(["one"]);
});

it("takes what nobody can judge, counts it, and never lets it be deleted", async () => {
  const world = await aWorld({
    tenant: { messagesPerMailbox: 0 },
    edges: (edges) => ({
      ...edges,
      mail: { open: (mailbox, { extra: _, ...options }) => edges.mail.open(mailbox, options) },
    }),
  });
  await using _ = world;
  const { id: box } = world.mailbox();
  const old = { isRead: true, receivedAt: new Date("2025-01-01T08:00:00Z") };
  for (const subject of ["one", "two"]) world.tenant.mailboxes.deliver(box, "inbox", { eml: eml(subject), ...old });
  const deletion = { mode: "afterArchive", olderThanDays: 90, action: "delete", graceDays: 0 };
  const profile = await world.profile({ filter: { messageClasses: ["REPORT.*"], read: "read" }, deletion });
  const first = await run(world, profile);
  expect(first).toMatchObject({ status: "succeeded", unjudged: 2, tally: { stored: 2 } });
  expect(first.deletion).toMatchObject({ wouldDelete: 0, notDeleted: { notChosen: 2 } });
  const { records } = await readBack(world.edges.blobs, box);
  expect(records.flatMap(({ stored }) => stored.map(({ unjudged }) => unjudged))).toEqual([
    ["messageClasses"],
    ["messageClasses"],
  ]);
  const part = (await world.parts(first.id)).find(({ mailbox }) => mailbox === box);
  expect(part?.coverage.unjudged).toBe(2);
  expect(await run(world, profile)).toMatchObject({ status: "noChanges", unjudged: 0 });
});

it("takes a message that is read, categorised or filed later, though the change names only what changed", async () => {
  const { world, box, mail, deliver, profile } = await aMailbox({
    read: "read",
    categories: ["Keep"],
    senders: ["a@contoso.example"],
  });
  await using _ = world;
  const one = deliver("one", { categories: ["Keep"] });
  const two = deliver("two", { isRead: true });
  const three = deliver("three", { folder: "junkemail", isRead: true, categories: ["keep"] });
  const other = deliver("other", { from: "b@contoso.example", categories: ["Keep"] });
  expect(await run(world, profile)).toMatchObject({ tally: { stored: 0 }, skipped: { IS_UNREAD: 2 } });
  mail.markRead(box, one);
  mail.markRead(box, other);
  mail.categorise(box, two, ["Other", "Keep"]);
  mail.move(box, three, "inbox");
  expect(await run(world, profile)).toMatchObject({ status: "succeeded", skipped: { SENDER_NOT_CHOSEN: 1 } });
  expect(await subjects(world)).toEqual(["one", "three", "two"]);
});

const ages = [
  { name: "where it was", act: () => {}, stored: 1, skipped: {}, status: "succeeded" },
  {
    name: "moved meanwhile",
    act: ({ mail, box, id }: Acted) => mail.move(box, id, "archive"),
    stored: 1,
    skipped: {},
    status: "succeeded",
  },
  {
    name: "purged meanwhile",
    act: ({ mail, box, id }: Acted) => mail.purge(box, id),
    stored: 0,
    gone: 1,
    skipped: {},
    status: "succeeded",
  },
  {
    name: "deleted meanwhile, still recoverable",
    act: ({ mail, box, id }: Acted) => mail.remove(box, id),
    stored: 0,
    gone: 1,
    skipped: {},
    status: "succeeded",
  },
  {
    name: "moved to a folder not chosen",
    act: ({ mail, box, id }: Acted) => mail.move(box, id, "junkemail"),
    stored: 0,
    skipped: { FOLDER_NOT_CHOSEN: 1 },
    status: "succeeded",
  },
];

interface Acted {
  mail: World["tenant"]["mailboxes"];
  box: string;
  id: string;
}

it.each(ages)("remembers what is too young, and finds it when it is old enough: $name", async (story) => {
  const { world, box, mail, deliver, profile } = await aMailbox({ olderThanDays: 30 });
  await using _ = world;
  const id = deliver("young", { receivedAt: new Date(world.clock.now().getTime() - 20 * day) });
  deliver("old", { receivedAt: new Date(world.clock.now().getTime() - 31 * day) });
  expect(await run(world, profile)).toMatchObject({ tally: { stored: 1 }, skipped: { NOT_OLD_ENOUGH: 1 } });
  story.act({ mail, box, id });
  // Delta rounds before it is due have long told of what happened to it.
  world.clock.advance(9 * day);
  expect((await run(world, profile)).tally.stored).toBe(0);
  world.tenant.resetCounters();
  world.clock.advance(day + hour);
  const due = await run(world, profile);
  expect(due).toMatchObject({
    status: story.status,
    tally: { stored: story.stored, gone: story.gone ?? 0 },
    skipped: story.skipped,
  });
  expect(asked(world, single)).toBe(1);
  expect(await run(world, profile)).toMatchObject({ status: "noChanges", tally: { seen: 0 } });
});

it("asks for nothing that is not due", async () => {
  const { world, deliver, profile } = await aMailbox({ olderThanDays: 30 });
  await using _ = world;
  for (let n = 0; n < 5; n++) deliver(`young ${n}`);
  await run(world, profile);
  world.clock.advance(29 * day);
  world.tenant.resetCounters();
  expect(await run(world, profile)).toMatchObject({ status: "noChanges", tally: { seen: 0 } });
  expect(asked(world, single) + asked(world, value)).toBe(0);
  world.clock.advance(day);
  expect(await run(world, profile)).toMatchObject({ status: "succeeded", tally: { stored: 5 } });
});

it("waits for the same messages when the tables have to be regrown", async () => {
  const { world, box, deliver, profile } = await aMailbox({ olderThanDays: 30 });
  await using _ = world;
  deliver("young");
  await run(world, profile);
  for (const table of ["messages", "quarantine", "cursors"] as const) world.edges.rows.lose(table);
  await world.app.mailboxes.regrow(box);
  world.clock.advance(31 * day);
  expect(await run(world, profile)).toMatchObject({ status: "succeeded", tally: { stored: 1 } });
});

it("keeps two profiles apart that filter one mailbox differently", async () => {
  const { world, box, mail, deliver, profile: old } = await aMailbox({ olderThanDays: 30 });
  await using _ = world;
  const read = await world.profile({ filter: { read: "read" } });
  const one = deliver("one", { isRead: true });
  const two = deliver("two");
  expect(await run(world, old)).toMatchObject({ tally: { stored: 0 }, skipped: { NOT_OLD_ENOUGH: 2 } });
  expect(await run(world, read)).toMatchObject({ tally: { stored: 1 }, skipped: { IS_UNREAD: 1 } });
  mail.move(box, one, "archive");
  expect(await run(world, old), "known is known, its move is recorded").toMatchObject({
    moved: 1,
    tally: { known: 1 },
  });
  world.clock.advance(31 * day);
  world.tenant.resetCounters();
  expect(await run(world, old)).toMatchObject({ status: "succeeded", tally: { stored: 1, seen: 1 } });
  expect(asked(world, single), "nobody is asked for what the other profile has brought in").toBe(1);
  mail.markRead(box, two);
  expect(await run(world, read)).toMatchObject({ changed: 1, tally: { stored: 0, known: 2 } });
});

it("owes a message to the profile that wants it, whatever another one thinks of it", async () => {
  const { world, box, deliver, profile: all } = await aMailbox({});
  await using _ = world;
  const large = await world.profile({ filter: { minSize: 1_000_000 } });
  const bad = deliver("bad");
  world.tenant.faults.set({ rules: [{ message: bad, route: value, do: { kind: "corrupt" } }] });
  expect((await run(world, all)).status).toBe("succeededWithGaps");
  expect(await run(world, large)).toMatchObject({ status: "succeeded", skipped: { UNDER_MIN_SIZE: 1 } });
  world.tenant.mailboxes.flag(box, bad);
  expect(await run(world, large)).toMatchObject({ status: "succeeded", skipped: { UNDER_MIN_SIZE: 1 } });
  expect(await world.app.mailboxes.quarantine(box)).toMatchObject([{ id: bad, owedBy: [all] }]);
  world.tenant.faults.clear();
  expect(await run(world, all)).toMatchObject({ status: "succeeded", tally: { stored: 1 } });
  expect(await world.app.mailboxes.quarantine(box)).toEqual([]);
});

it("lets go what is owed once the filter does not want it any more", async () => {
  const { world, box, mail, deliver, profile } = await aMailbox({ read: "unread" });
  await using _ = world;
  const bad = deliver("bad");
  world.tenant.faults.set({ rules: [{ message: bad, route: value, do: { kind: "corrupt" } }] });
  expect((await run(world, profile)).status).toBe("succeededWithGaps");
  mail.markRead(box, bad);
  const after = await run(world, profile);
  expect(after).toMatchObject({ status: "succeeded", tally: { quarantined: 0 } });
  expect(after.skipped.IS_READ).toBeGreaterThan(0);
  expect(await world.app.mailboxes.quarantine(box)).toEqual([]);
  expect((await run(world, profile)).status).toBe("noChanges");
});

async function changeFilter(world: World, profile: Parameters<World["run"]>[0], filter: object): Promise<void> {
  const { profile: before, etag } = await world.app.profiles.get(profile);
  const { id: _, createdAt: __, updatedAt: ___, ...input } = before;
  const whole = { ...before.filter, ...filter };
  await world.app.profiles.replace(profile, { ...input, filter: whole }, etag);
}

it("reads its folders anew when the filter changes, and downloads nothing again", async () => {
  const { world, deliver, profile } = await aMailbox({ senders: ["a@contoso.example"] });
  await using _ = world;
  deliver("one");
  deliver("two", { from: "b@contoso.example" });
  await run(world, profile);
  expect(await subjects(world)).toEqual(["one"]);
  await changeFilter(world, profile, { senders: ["@contoso.example"] });
  world.tenant.resetCounters();
  expect(await run(world, profile)).toMatchObject({ tally: { stored: 1, known: 1 } });
  expect(asked(world, value)).toBe(1);
  await changeFilter(world, profile, { senders: ["A@contoso.example"] });
  expect(await run(world, profile), "the cursors of a filter that was there before are as good as ever").toMatchObject({
    status: "noChanges",
  });
});

it("waits anew when the age changes: what was remembered for the other age does no harm", async () => {
  const { world, deliver, profile } = await aMailbox({ olderThanDays: 30 });
  await using _ = world;
  deliver("young");
  await run(world, profile);
  await changeFilter(world, profile, { olderThanDays: 60 });
  expect(await run(world, profile)).toMatchObject({ skipped: { NOT_OLD_ENOUGH: 1 } });
  world.clock.advance(40 * day);
  expect((await run(world, profile)).tally.stored).toBe(0);
  await changeFilter(world, profile, { olderThanDays: 35 });
  expect((await run(world, profile)).tally.stored).toBe(1);
});

it("keeps a message on its books whose new content the filter does not want", async () => {
  const { world, box, mail, deliver, profile } = await aMailbox({ maxSize: 1_000 });
  await using _ = world;
  const draft = deliver("draft", { isDraft: true });
  await run(world, profile);
  mail.editDraft(box, draft, eml("draft", "a@contoso.example", "x".repeat(5_000)));
  mail.move(box, draft, "archive");
  expect(await run(world, profile)).toMatchObject({ moved: 1, skipped: { OVER_MAX_SIZE: 1 }, tally: { stored: 0 } });
  mail.purge(box, draft);
  expect(await run(world, profile)).toMatchObject({ removed: 1 });
  expect(await subjects(world)).toEqual(["draft"]);
});

it("waits for the new content of a message that it has", async () => {
  const { world, box, mail, deliver, profile } = await aMailbox({});
  await using _ = world;
  const draft = deliver("draft", { isDraft: true });
  await run(world, profile);
  await changeFilter(world, profile, { olderThanDays: 30 });
  mail.editDraft(box, draft, eml("draft, once more"));
  expect(await run(world, profile)).toMatchObject({ tally: { stored: 0 }, skipped: { NOT_OLD_ENOUGH: 1 } });
  world.clock.advance(30 * day);
  expect(await run(world, profile)).toMatchObject({ tally: { stored: 1 } });
  expect(await subjects(world)).toEqual(["draft", "draft, once more"]);
});

it("judges by the bytes where Exchange does not say a size", async () => {
  const { world, deliver, profile } = await aMailbox(
    { minSize: 1_000 },
    {
      edges: (edges) => ({
        ...edges,
        mail: { open: (mailbox, { extra: _, ...options }) => edges.mail.open(mailbox, options) },
      }),
    },
  );
  await using _ = world;
  deliver("small");
  deliver("large", { body: "x".repeat(5_000) });
  expect(await run(world, profile)).toMatchObject({ tally: { seen: 2, stored: 1 }, skipped: { UNDER_MIN_SIZE: 1 } });
  expect(await subjects(world)).toEqual(["large"]);
  expect((await run(world, profile)).status).toBe("noChanges");
});

it("counts what it skips once, however often a page has to be read", async () => {
  const { world, box, deliver, profile } = await aMailbox({ read: "read" });
  await using _ = world;
  for (let n = 0; n < 40; n++) deliver(`unread ${n}`);
  for (let n = 0; n < 10; n++) deliver(`read ${n}`, { isRead: true });
  world.tenant.faults.set({ rules: [{ route: value, nth: 6, do: { kind: "throttled", retryAfterSeconds: 900 } }] });
  const done = await run(world, profile);
  expect(done).toMatchObject({ tally: { stored: 10, skipped: 40 }, skipped: { IS_UNREAD: 40 } });
  const { records } = await readBack(world.edges.blobs, box);
  expect(records.flatMap(({ events }) => events).filter(({ kind }) => kind === "skipped")).toHaveLength(40);
});

it("finds by the weekly comparison what no change told of", async () => {
  const { world, deliver, profile } = await aMailbox({ read: "read", olderThanDays: 3 });
  await using _ = world;
  deliver("one", { isRead: true });
  deliver("two");
  await run(world, profile);
  world.edges.rows.lose("quarantine");
  world.clock.advance(8 * day);
  expect(await run(world, profile)).toMatchObject({ tally: { stored: 1 } });
  expect(await subjects(world)).toEqual(["one"]);
});
