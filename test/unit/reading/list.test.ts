import { describe, expect, it } from "vitest";
import { isMailkeepError } from "../../../lib/core/errors.js";
import type { ListQuery } from "../../../lib/reading/input.js";
import { listArchive, readRecordLimit, scannedRowLimit } from "../../../lib/reading/list.js";
import { type AnArchive, anArchive, keyOf, type StoredMail } from "../../build/an-archive.js";

const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString();
const mail = (id: string, facts: Partial<StoredMail> = {}): StoredMail => ({
  raw: Buffer.from(`Subject: ${id}\r\n\r\n${id}`),
  id,
  ...facts,
});

async function subjects(archive: AnArchive, query: ListQuery) {
  const { value, next } = await listArchive(archive, archive.mailbox, query);
  return { ids: value.map(({ immutableId }) => immutableId), next };
}

async function everyPage(archive: AnArchive, query: ListQuery): Promise<string[][]> {
  const pages: string[][] = [];
  for (let cursor: string | undefined; ; ) {
    const { ids, next } = await subjects(archive, { ...query, cursor });
    pages.push(ids);
    if (next === undefined) return pages;
    cursor = next;
  }
}

const invalid = (field: string) => (error: unknown) => isMailkeepError(error, "invalid") && error.field === field;

describe("pages", () => {
  it("give every message once, newest first, in whatever portions", async () => {
    const archive = anArchive();
    // Two of the same instant: the page may end between them.
    const stored = [1, 2, 3, 3, 5, 6, 7].map((at, n) => mail(`m${n}`, { receivedAt: minute(at) }));
    await archive.commit({ stored });
    const [whole] = await everyPage(archive, {});
    expect(whole?.[0]).toBe("m6");
    expect(whole?.at(-1)).toBe("m0");
    expect([...(whole ?? [])].sort()).toEqual(stored.map(({ id }) => id));
    for (const limit of [1, 2, 3, 6]) expect((await everyPage(archive, { limit })).flat()).toEqual(whole);
  });

  it("say that there is more only when there is", async () => {
    const archive = anArchive();
    await archive.commit({ stored: [mail("a", { receivedAt: minute(1) }), mail("b", { receivedAt: minute(2) })] });
    expect((await subjects(archive, { limit: 2 })).next).toBeUndefined();
    expect((await subjects(archive, { limit: 1 })).next).toBeDefined();
    expect(await subjects(anArchive(), {})).toEqual({ ids: [], next: undefined });
  });

  it("end after a bounded number of rows even when nothing was found, and go on from there", async () => {
    const archive = anArchive();
    const rows = scannedRowLimit + 10;
    const ids = Array.from({ length: rows }, (_, n) => `n${n}`);
    await archive.commit({ stored: ids.map((id, n) => mail(id, { receivedAt: minute(n), subject: id })) });
    const none = await listArchive(archive, archive.mailbox, { q: "nowhere" });
    expect(none).toEqual({ value: [], next: expect.any(String) });
    const pages = await everyPage(archive, { q: "n3" });
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.flat().sort()).toEqual(ids.filter((id) => id.includes("n3")).sort());
  });

  it("refuse what is not a cursor, a limit, a time or a known field", async () => {
    const archive = anArchive();
    const list = (query: object) => listArchive(archive, archive.mailbox, query as ListQuery);
    const strange = Buffer.from("k_0123").toString("base64url");
    for (const cursor of ["", "x", strange, "t".repeat(500)])
      await expect(list({ cursor })).rejects.toSatisfy(invalid("cursor"));
    for (const limit of [0, 1001, 1.5, "many", -1]) await expect(list({ limit })).rejects.toSatisfy(invalid("limit"));
    await expect(list({ from: "yesterday" })).rejects.toSatisfy(invalid("from"));
    await expect(list({ to: "2026-13-01" })).rejects.toSatisfy(invalid("to"));
    await expect(list({ q: "x".repeat(501) })).rejects.toSatisfy(invalid("q"));
    await expect(list({ folders: "/" })).rejects.toSatisfy(isMailkeepError);
    expect((await list({ limit: "7", from: "2026-01-01" })).value).toEqual([]);
  });
});

it("lists from a time, to a time, and between", async () => {
  const archive = anArchive();
  await archive.commit({ stored: [1, 2, 3, 4].map((n) => mail(`m${n}`, { receivedAt: minute(n) })) });
  expect((await subjects(archive, { from: minute(3) })).ids).toEqual(["m4", "m3"]);
  expect((await subjects(archive, { to: minute(3) })).ids).toEqual(["m2", "m1"]);
  expect((await subjects(archive, { from: minute(2), to: minute(3) })).ids).toEqual(["m2"]);
  expect((await subjects(archive, { from: "2026-01-01T01:02:00+01:00", to: minute(4) })).ids).toEqual(["m3", "m2"]);
  expect((await everyPage(archive, { from: minute(2), to: minute(4), limit: 1 })).flat()).toEqual(["m3", "m2"]);
});

describe("folders", () => {
  const place = (folderId: string, folderPath: string) => ({ folderId, folderPath });

  it("are chosen by path with all below, without regard to case, or one of them by id", async () => {
    const archive = anArchive();
    const stored = [
      mail("in", place("f1", "/Inbox")),
      mail("below", place("f2", "/Inbox/Projects")),
      mail("similar", place("f3", "/Inbox2")),
      mail("slash", place("f4", "/Inbox\\/Projects")),
    ];
    await archive.commit({ stored });
    const ids = async (folder: string) => (await subjects(archive, { folder })).ids.sort();
    expect(await ids("/inbox")).toEqual(["below", "in"]);
    expect(await ids("/INBOX/projects")).toEqual(["below"]);
    expect(await ids("/inbox\\/projects")).toEqual(["slash"]);
    expect(await ids("f1")).toEqual(["in"]);
    expect(await ids("F1")).toEqual([]);
    expect(await ids("/")).toHaveLength(4);
    expect(await ids("/Nowhere")).toEqual([]);
  });

  it("go by their names of today, for messages stored under older ones too", async () => {
    const archive = anArchive();
    const folder = (path: string) => ({ kind: "folder" as const, folderId: "f1", path });
    await archive.commit({ stored: [mail("a", place("f1", "/Old"))], events: [folder("/Old")] });
    await archive.commit({ events: [folder("/New/Sub")] });
    const { value } = await listArchive(archive, archive.mailbox, { folder: "/new" });
    expect(value).toMatchObject([{ immutableId: "a", folderId: "f1", folderPath: "/New/Sub" }]);
    expect((await subjects(archive, { folder: "/Old" })).ids).toEqual([]);
  });
});

it("follows moves, removals, returns and marks", async () => {
  const archive = anArchive();
  const receivedAt = minute(1);
  const known = { key: keyOf("a"), receivedAt };
  await archive.commit({
    stored: [mail("a", { receivedAt, isRead: false, folderId: "f1", folderPath: "/Inbox" })],
    events: [{ kind: "folder", folderId: "f2", path: "/Done" }],
  });
  const only = async () => (await listArchive(archive, archive.mailbox, {})).value[0];
  expect(await only()).toMatchObject({ folderPath: "/Inbox", isRead: false, removedAtSourceAt: null });
  await archive.commit({
    events: [
      { kind: "moved", ...known, from: "f1", to: "f2", toPath: "/Done" },
      { kind: "changed", ...known, isRead: true, flag: "flagged", categories: ["Red"] },
      { kind: "removed", ...known, from: "f2", at: "2026-04-01T00:00:00Z" },
    ],
  });
  expect(await only()).toMatchObject({
    folderPath: "/Done",
    isRead: true,
    flag: "flagged",
    categories: ["Red"],
    removedAtSourceAt: "2026-04-01T00:00:00Z",
  });
  await archive.commit({ events: [{ kind: "returned", ...known, to: "f2", toPath: "/Done" }] });
  expect(await only()).toMatchObject({ removedAtSourceAt: null });
});

it("tells of each message what the catalog knows, and nothing of other mailboxes", async () => {
  const archive = anArchive();
  const facts = {
    receivedAt: minute(1),
    subject: "Grüße",
    from: { name: "Anna", email: "anna@contoso.com" },
    to: [{ email: "bo@contoso.com" }],
    bcc: [{ name: "Cy", email: "cy@contoso.com" }],
    messageId: "<1@contoso.com>",
    hasAttachment: true,
    isRead: true,
    isDraft: false,
    flag: "notFlagged",
    importance: "high",
    categories: ["Blue"],
  };
  const [record] = await archive.commit({ stored: [mail("a", facts)], time: "2026-03-03T00:00:00Z" });
  const { value } = await listArchive(archive, archive.mailbox, {});
  const { hasAttachment, messageId, ...same } = facts;
  expect(value).toEqual([
    {
      ...same,
      key: record?.key,
      immutableId: "a",
      version: 1,
      folderId: "inbox",
      folderPath: "/Inbox",
      internetMessageId: messageId,
      hasAttachments: hasAttachment,
      size: record?.size,
      sha256: record?.sha256,
      storedAt: "2026-03-03T00:00:00Z",
      removedAtSourceAt: null,
      removedAtSourceBy: null,
      seq: 1,
      pack: expect.stringMatching(/^00000001-[0-9a-f]{16}\.zip$/),
    },
  ]);
  const { value: others } = await listArchive(archive, "another" as typeof archive.mailbox, {});
  expect(others).toEqual([]);
});

describe("words", () => {
  const people = (count: number, last: string) => [
    ...Array.from({ length: count }, (_, n) => ({ name: `Person ${n}`, email: `person${n}@contoso.com` })),
    { email: last },
  ];

  it("must all occur, in subject, sender or recipients", async () => {
    const archive = anArchive();
    const anna = { name: "Anna Ek", email: "anna@contoso.com" };
    await archive.commit({
      stored: [
        mail("subject", { subject: "ÜBUNG Budget 2026", from: { email: "x@y" } }),
        mail("sender", { subject: "budget", from: anna }),
        mail("bcc", { subject: "none", bcc: [anna] }),
      ],
    });
    const ids = async (q: string) => (await subjects(archive, { q })).ids.sort();
    expect(await ids("budget")).toEqual(["sender", "subject"]);
    expect(await ids("  Budget   ANNA ")).toEqual(["sender"]);
    expect(await ids("übung")).toEqual(["subject"]);
    expect(await ids("ek@contoso")).toEqual([]);
    expect(await ids("anna@contoso")).toEqual(["bcc", "sender"]);
    expect(await ids(" ")).toHaveLength(3);
  });

  it("are found in texts too long for a row", async () => {
    const archive = anArchive();
    await archive.commit({
      stored: [
        mail("to all", { subject: "news", to: people(400, "zoe@contoso.com") }),
        mail("long", { subject: `${"x".repeat(1_200)} needle`, from: { email: "a@b" } }),
        mail("short", { subject: "zo" }),
      ],
    });
    expect((await subjects(archive, { q: "NEWS zoe@contoso" })).ids).toEqual(["to all"]);
    expect((await subjects(archive, { q: "needle" })).ids).toEqual(["long"]);
    expect((await subjects(archive, { q: "person399 needle" })).ids).toEqual([]);
  });

  it("make a page end before it has read many ledger records, and are found on later pages", async () => {
    const archive = anArchive();
    const count = 2 * readRecordLimit + 3;
    for (let n = 0; n < count; n++)
      await archive.commit({ stored: [mail(`m${n}`, { receivedAt: minute(n), to: people(300, `last${n}@x`) })] });
    const pages = await everyPage(archive, { q: "last2@x" });
    expect(pages).toEqual([[], [], ["m2"]]);
  });
});
