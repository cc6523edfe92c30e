// Search over all mailboxes, of what runs really archived: what is found is exactly what a look at every message finds.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aWorld, type World } from "../build/a-world.js";
import { type Ask, anApi } from "../unit/http/an-api.js";

let world: World;
let ask: Ask;

/** Attachments of more than 4 KiB are cut out of the stored message; their names must be found all the same. */
const withAttachment = (subject: string, name: string) =>
  [
    "From: Anna Berg <anna@contoso.example>",
    "To: Legal <legal@contoso.example>",
    `Subject: ${subject}`,
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "see attached",
    "--b",
    `Content-Type: application/pdf; name="${name}"`,
    `Content-Disposition: attachment; filename="${name}"`,
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.alloc(9_000, "pdf").toString("base64").replace(/.{76}/g, "$&\r\n"),
    "--b--",
    "",
  ].join("\r\n");

beforeAll(async () => {
  world = await aWorld({ tenant: { mailboxes: 3, messagesPerMailbox: 25 } });
  ask = anApi(world.app);
  const deliver = (index: number, mail: string) =>
    world.tenant.mailboxes.deliver(world.mailbox(index).id, "inbox", mail);
  deliver(0, withAttachment("Contract 4711", "Vertrag Müller.pdf"));
  deliver(1, withAttachment("Contract 4712", "invoice.pdf"));
  deliver(2, "From: zoe@else.example\r\nTo: x@contoso.example\r\nSubject: Contract without paper\r\n\r\nx\r\n");
  await world.run(await world.profile());
});
afterAll(() => world[Symbol.asyncDispose]());

type Hit = Awaited<ReturnType<typeof everything>>[number];

/** Page after page, until there is no more. */
async function searched(q: string, limit = 100) {
  const hits: Hit[] = [];
  const pages: { mailboxes: number; messages: number; complete: boolean; notSearched: { count: number } }[] = [];
  for (let link: string | undefined = `/search?q=${encodeURIComponent(q)}&limit=${limit}`; link !== undefined; ) {
    const { status, json }: Awaited<ReturnType<Ask>> = await ask("GET", link);
    expect(status, JSON.stringify(json)).toBe(200);
    expect(json.value.length).toBeLessThanOrEqual(limit);
    hits.push(...json.value);
    pages.push(json.searched);
    link = json.nextLink;
  }
  return { hits, pages };
}

async function everything() {
  const all = await Promise.all(
    [0, 1, 2].map(async (index) => {
      const { id, address } = world.mailbox(index);
      const { json } = await ask("GET", `/mailboxes/${id}/messages?limit=1000`);
      return json.value.map((message: object) => ({ ...message, mailbox: id, address }));
    }),
  );
  type Message = {
    key: string;
    mailbox: string;
    address: string;
    subject: string | null;
    size: number;
    receivedAt: string;
  };
  type Whole = Message & {
    folderPath: string;
    hasAttachments: boolean | null;
    from: { email: string; name?: string } | null;
  };
  return all.flat().sort((a, b) => (a.mailbox < b.mailbox ? -1 : a.mailbox > b.mailbox ? 1 : 0)) as Whole[];
}

const subjects = (hits: { subject: string | null }[]) => hits.map(({ subject }) => subject).sort();
const keys = (hits: { key: string }[]) => hits.map(({ key }) => key);

describe("GET /search", () => {
  it("finds words over all mailboxes and says what it looked at", async () => {
    const { hits, pages } = await searched("contract");
    const all = await everything();
    expect(keys(hits)).toEqual(keys(all.filter(({ subject }) => subject?.toLowerCase().includes("contract"))));
    expect(subjects(hits)).toEqual(
      expect.arrayContaining(["Contract 4711", "Contract 4712", "Contract without paper"]),
    );
    expect(pages).toEqual([
      { mailboxes: 3, messages: all.length, complete: true, notSearched: { count: 0, first: [] } },
    ]);
    expect(hits.find(({ subject }) => subject === "Contract 4711")).toMatchObject({
      mailbox: world.mailbox(0).id,
      address: world.mailbox(0).address,
    });
  });

  const median = 9_000;
  const cases: [string, (message: Hit) => boolean][] = [
    ["has:attachment", ({ hasAttachments }) => hasAttachments === true],
    ["-has:attachment", ({ hasAttachments }) => hasAttachments !== true],
    [`larger:${median}`, ({ size }) => size > median],
    [`-larger:${median} smaller:${median}`, ({ size }) => size < median],
    ["folder:/inbox", ({ folderPath }) => /^\/Inbox(\/|$)/.test(folderPath)],
    ["-folder:inbox", ({ folderPath }) => !folderPath.split("/").includes("Inbox")],
    ["after:2026-01-01", ({ receivedAt }) => receivedAt >= "2026-01-01"],
    ["before:2026-01-01 after:2025-06-01", ({ receivedAt }) => receivedAt >= "2025-06-01" && receivedAt < "2026-01-01"],
    ["-after:2026-01-01", ({ receivedAt }) => receivedAt < "2026-01-01"],
    ["from:anna", ({ from }) => `${from?.name}\n${from?.email}`.toLowerCase().includes("anna")],
  ];
  it.each(cases)("for %s finds what a look at every message finds", async (q, fits) => {
    const all = await everything();
    const wanted = all.filter(fits);
    expect(wanted.length, "the sample has some that fit and some that do not").toBeGreaterThan(0);
    expect(wanted.length).toBeLessThan(all.length);
    for (const limit of [100, 7]) {
      const { hits, pages } = await searched(q, limit);
      expect(keys(hits)).toEqual(keys(wanted));
      expect(pages.at(-1)?.complete).toBe(true);
      expect(pages.slice(0, -1).every(({ complete }) => !complete)).toBe(true);
    }
  });

  it("narrows by fields, phrases and what must not be", async () => {
    expect(subjects((await searched("from:zoe contract")).hits)).toEqual(["Contract without paper"]);
    expect(subjects((await searched('subject:"contract without"')).hits)).toEqual(["Contract without paper"]);
    expect(subjects((await searched("contract -4711 -4712 from:anna")).hits)).not.toContain("Contract 4711");
    expect((await searched("from:legal subject:4711")).hits).toEqual([]);
    expect(subjects((await searched("to:legal@contoso.example 4711")).hits)).toEqual(["Contract 4711"]);
  });

  it("finds attachments by their names, also of those stored apart", async () => {
    expect(subjects((await searched("attachment:invoice.pdf 4712")).hits)).toEqual(["Contract 4712"]);
    expect(subjects((await searched("attachment:müller")).hits)).toEqual(["Contract 4711"]);
    expect(subjects((await searched("contract -attachment:.pdf from:zoe")).hits)).toEqual(["Contract without paper"]);
    expect((await searched("attachment:no-such-name.xyz")).hits).toEqual([]);
  });

  it("looks only where mailbox: says", async () => {
    const { id, address } = world.mailbox(1);
    for (const q of [
      `mailbox:${address} contract`,
      `mailbox:${id} contract`,
      `mailbox:${address.toUpperCase()} contract`,
    ]) {
      const { hits, pages } = await searched(q);
      expect(new Set(hits.map(({ mailbox }) => mailbox))).toEqual(new Set([id]));
      expect(pages[0]?.mailboxes).toBe(1);
    }
    const others = (await searched(`-mailbox:${address} contract`)).hits;
    expect(others.some(({ mailbox }) => mailbox === id)).toBe(false);
    expect(others.length).toBeGreaterThan(0);
    expect((await ask("GET", "/search?q=mailbox:nobody@else.example")).json).toMatchObject({
      status: 400,
      code: "MAILBOX_NOT_FOUND",
    });
  });

  it("stops when its time is up, says so, and goes on with the next page", async () => {
    const slow = await aWorld({
      stores: world,
      shared: world.tenant,
      clock: world.clock,
      edges: (edges) => ({
        ...edges,
        rows: {
          ...edges.rows,
          async *scan(...args) {
            for await (const row of edges.rows.scan(...args)) {
              if (row.row.startsWith("t_")) world.clock.advance(3_000);
              yield row;
            }
          },
        },
      }),
    });
    const before = ask;
    ask = anApi(slow.app);
    const { hits, pages } = await searched("contract");
    ask = before;
    expect(pages.length).toBeGreaterThan(3);
    expect(pages[0]?.messages).toBeLessThan(10);
    expect(keys(hits)).toEqual(keys((await searched("contract")).hits));
    expect(pages.reduce((sum, { messages }) => sum + messages, 0)).toBeGreaterThanOrEqual((await everything()).length);
  });

  it("names what it could not search", async () => {
    const { id } = world.mailbox(2);
    const key = { partition: id, row: "h" };
    const { values } = (await world.edges.rows.get("messages", key)) ?? { values: {} };
    await world.edges.rows.upsert("messages", key, { ...values, seq: 0, sha256: "" });
    const behind = await searched("contract");
    await world.edges.rows.upsert("messages", key, values);
    expect(behind.pages[0]).toMatchObject({
      complete: false,
      notSearched: { count: 1, first: [{ mailbox: id, code: "CATALOG_BEHIND" }] },
    });

    const pack =
      world.edges.blobs.names().find((name) => name.startsWith(`mailboxes/${world.mailbox(1).id}/packs/`)) ?? "";
    const { bytes } = await world.edges.blobs.get(pack);
    world.edges.blobs.tamper(pack, new Uint8Array(bytes.length));
    const damaged = await searched("attachment:invoice.pdf");
    world.edges.blobs.tamper(pack, bytes);
    expect(damaged.pages.at(-1)).toMatchObject({ complete: false });
    expect(damaged.pages[0]).toMatchObject({
      notSearched: { first: expect.arrayContaining([expect.objectContaining({ code: "ARCHIVE_CORRUPT" })]) },
    });
  });

  it.each(["", "?q=", "?q=has:x", "?q=x&limit=0", "?q=x&cursor=eA", `?q=${"x".repeat(1_001)}`])(
    "refuses /search%s",
    async (query) => {
      expect((await ask("GET", `/search${query}`)).status).toBe(400);
    },
  );
});
