// Every answer as it really is, over an archive that was really filled. The builder holds each against its schema.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aWorld, type World } from "../../build/a-world.js";
import { type Ask, anApi } from "./an-api.js";

let world: World;
let ask: Ask;
let run: string;
let mailbox: string;
beforeAll(async () => {
  world = await aWorld({ tenant: { messagesPerMailbox: 25 } });
  ask = anApi(world.app);
  run = (await world.run(await world.profile())).id;
  mailbox = world.mailbox().id;
});
afterAll(() => world[Symbol.asyncDispose]());

/** All items of a list, by following its links. */
async function all(path: string): Promise<{ items: Record<string, unknown>[]; pages: number }> {
  const items = [];
  let pages = 0;
  for (let next: string | undefined = path; next !== undefined; pages++) {
    expect(pages, "the links must come to an end").toBeLessThan(200);
    const { status, json } = await ask("GET", next);
    expect(status).toBe(200);
    items.push(...json.value);
    next = json.nextLink;
  }
  return { items, pages };
}

describe("runs", () => {
  it("shows a run that adds up, and its mailboxes", async () => {
    const { json } = await ask("GET", `/runs/${run}`);
    const { seen, stored, known, gone, skipped, quarantined } = json.tally;
    expect(json).toMatchObject({ id: run, status: "succeeded" });
    expect(seen).toBe(stored + known + gone + skipped + quarantined);
    const { items } = await all(`/runs/${run}/mailboxes?limit=1`);
    expect(items.find((part) => part.mailbox === mailbox)).toMatchObject({ coverage: { complete: true } });
  });

  it("lists the runs of one profile, newest first", async () => {
    const profile = await world.profile({ name: "Another" });
    const ids = [(await world.run(profile)).id, (await world.run(profile)).id];
    const { items, pages } = await all(`/runs?profile=${profile}&limit=1`);
    expect(items.map(({ id }) => id)).toEqual(ids.reverse());
    expect(pages).toBe(2);
    expect((await all("/runs?limit=2")).items.map(({ id }) => id)).toContain(run);
  });

  it("cancels a run that has not begun", async () => {
    const profile = await world.profile({ name: "Cancelled" });
    const { run: begun } = await world.app.profiles.run(profile);
    const cancelled = await ask("POST", `/runs/${begun.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 202, json: { status: "cancelled", cancelRequested: true } });
    expect(cancelled.headers.get("location")).toBe(`/api/v1/runs/${begun.id}`);
    await world.settle();
    expect(await ask("POST", `/runs/${begun.id}/cancel`)).toMatchObject({ status: 202, json: { status: "cancelled" } });
  });

  it("does not cancel a run that has ended", async () => {
    const refused = await ask("POST", `/runs/${run}/cancel`);
    expect(refused).toMatchObject({ status: 409, json: { code: "RUN_ENDED", help: "/api/v1/errors/RUN_ENDED" } });
    expect((await ask("GET", `/runs/${run}`)).json).toMatchObject({ status: "succeeded", cancelRequested: false });
  });
});

describe("mailboxes", () => {
  it("syncs the directory and lists it page after page", async () => {
    const { status, json } = await ask("POST", "/directory/sync");
    expect(status).toBe(200);
    const { items } = await all("/mailboxes?limit=1");
    expect(items).toHaveLength(json.users);
    expect(new Set(items.map(({ id }) => id)).size).toBe(json.users);
  });

  it("keeps the caller's host and filters in a link", async () => {
    const { json } = await ask("GET", "http://localhost:4000/api/v1/mailboxes?limit=1");
    const link = new URL(json.nextLink);
    expect(link.origin).toBe("http://localhost:4000");
    expect(link.searchParams.get("limit")).toBe("1");
  });

  it("shows one, its folders and its quarantine", async () => {
    expect((await ask("GET", `/mailboxes/${mailbox}`)).json).toMatchObject({ id: mailbox, kind: "user" });
    const folders = await ask("GET", `/mailboxes/${mailbox}/folders`);
    expect(folders.json.source).toBe("mailbox");
    expect(folders.json.value.map(({ path }: { path: string }) => path)).toContain("/Inbox");
    const owed = await ask("GET", `/mailboxes/${mailbox}/quarantine`);
    expect(owed).toMatchObject({ status: 200, json: { value: [] } });
  });
});

describe("messages", () => {
  it("lists all that is archived, newest first", async () => {
    const { items } = await all(`/mailboxes/${mailbox}/messages?limit=7`);
    expect(items.map(({ sha256 }) => sha256).sort()).toEqual(
      world
        .wanted(world.mailbox().id)
        .map(({ sha256 }) => sha256)
        .sort(),
    );
    const times = items.map(({ receivedAt }) => String(receivedAt));
    expect(times).toEqual([...times].sort().reverse());
  });

  it("lists by folder, time and words", async () => {
    const { items } = await all(`/mailboxes/${mailbox}/messages`);
    const [first] = items;
    const day = String(first?.receivedAt).slice(0, 10);
    const folder = encodeURIComponent(String(first?.folderPath));
    const found = await all(`/mailboxes/${mailbox}/messages?folder=${folder}&from=${day}`);
    expect(found.items.map(({ key }) => key)).toContain(first?.key);
    expect((await all(`/mailboxes/${mailbox}/messages?to=1990-01-01`)).items).toEqual([]);
    expect((await all(`/mailboxes/${mailbox}/messages?q=nobodywritesthis`)).items).toEqual([]);
  });

  it("gives the exact bytes, as a download", async () => {
    const { items } = await all(`/mailboxes/${mailbox}/messages`);
    for (const { key, sha256, size } of items) {
      const { status, headers, bytes } = await ask("GET", `/mailboxes/${mailbox}/messages/${key}/eml`);
      expect(status).toBe(200);
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
      expect(Object.fromEntries(headers)).toMatchObject({
        etag: `"${sha256}"`,
        "content-length": String(size),
        "content-type": "message/rfc822",
        "content-disposition": `attachment; filename="${key}.eml"; filename*=UTF-8''${key}.eml`,
        "content-security-policy": "default-src 'none'; sandbox",
      });
    }
  });

  it("shows one message and gives each of its attachments", async () => {
    const { items } = await all(`/mailboxes/${mailbox}/messages`);
    const withFiles = items.find(({ hasAttachments }) => hasAttachments === true);
    const path = `/mailboxes/${mailbox}/messages/${withFiles?.key}`;
    expect((await ask("GET", path)).json).toMatchObject({ key: withFiles?.key, newestKey: withFiles?.key });
    const { json } = await ask("GET", `${path}/attachments`);
    expect(json.value.length).toBeGreaterThan(0);
    for (const { number, size, sha256 } of json.value) {
      const { bytes, headers } = await ask("GET", `${path}/attachments/${number}`);
      expect(bytes.length).toBe(size);
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
      expect(headers.get("content-disposition")).toMatch(/^attachment; /);
      expect(headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
    }
    const none = await ask("GET", `${path}/attachments/9999`);
    expect(none).toMatchObject({ status: 404, json: { code: "ATTACHMENT_NOT_FOUND" } });
  });

  it("answers damage as damage", async () => {
    const { items } = await all(`/mailboxes/${mailbox}/messages?limit=1000`);
    const { key, pack } = items[0] ?? {};
    const name = `mailboxes/${mailbox}/packs/${pack}`;
    const { bytes: whole } = await world.edges.blobs.get(name);
    world.edges.blobs.tamper(name, new Uint8Array(whole.length));
    const broken = await ask("GET", `/mailboxes/${mailbox}/messages/${key}/eml`);
    world.edges.blobs.tamper(name, whole);
    expect(broken).toMatchObject({ status: 500, json: { code: "ARCHIVE_CORRUPT" } });
  });
});

describe("about", () => {
  it("is well while every edge answers, and unwell when one does not", async () => {
    expect(await ask("GET", "/health")).toMatchObject({ status: 200, json: { status: "ok" } });
    await using broken = await aWorld({
      edges: (edges) => ({ ...edges, ping: async () => Promise.reject(new Error("secret detail")) }),
    });
    const unwell = await anApi(broken.app)("GET", "/health");
    expect(unwell).toMatchObject({ status: 503, json: { status: "unwell" } });
    expect(unwell.headers.get("content-type")).toBe("application/json");
    expect(unwell.bytes.toString()).not.toContain("secret detail");
  });

  it("shows the connection of the settings without its secret", async () => {
    const { json, bytes } = await ask("GET", "/connections/default");
    expect(json).toMatchObject({ id: "default", bound: true, identity: { kind: "staticToken" } });
    expect(bytes.toString()).not.toContain(world.tenant.token);
    expect((await ask("GET", "/connections")).json).toEqual({ value: [json] });
  });
});
