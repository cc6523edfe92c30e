// What the log says of a whole life of mail: every line with its ids, the work counted, and nothing of anybody's mail.
import { expect, it } from "vitest";
import { jsonLog } from "../../lib/adapters/console/log.js";
import { otlpTelemetry } from "../../lib/adapters/otlp/telemetry.js";
import { ExportId } from "../../lib/core/ids.js";
import { ExportInput } from "../../lib/export/selection.js";
import type { Telemetry } from "../../lib/ports/telemetry.js";
import { aCollector, type Collector } from "../build/a-collector.js";
import { aWorld, type World, type WorldEdges, type WorldOptions } from "../build/a-world.js";
import { auth, keys, tokenFor } from "../unit/access/tokens.js";
import { anApi } from "../unit/http/an-api.js";

// biome-ignore lint/suspicious/noExplicitAny: a test looks into any line
type Line = Record<string, any>;

async function aListenedWorld(options: WorldOptions = {}) {
  const lines: string[] = [];
  const log = jsonLog(
    (_, line) => lines.push(line),
    () => new Date(0),
  );
  const world = await aWorld({ ...options, log });
  const all = (event: string): Line[] => lines.map((line) => JSON.parse(line)).filter((line) => line.event === event);
  return { world, lines, all, log };
}

/** `edges` puts a sender to this collector into a world; `flush` sends what waits there. */
function sendingTo({ endpoint }: Collector) {
  const opened: Telemetry[] = [];
  return {
    edges(edges: WorldEdges): WorldEdges {
      const deps = { ...edges, parent: () => undefined };
      const telemetry = otlpTelemetry({ endpoint, headers: {}, version: "0" }, deps);
      opened.push(telemetry);
      return { ...edges, telemetry };
    },
    flush: () => opened[0]?.flush(10_000),
  };
}

const marked = (number: number) =>
  [
    `Received: from marked-host.example by marked-relay.example; Sun, 1 Mar 2026 07:00:0${number} +0000`,
    `From: "Marked Sender" <marked.sender@marked-domain.example>`,
    `To: "Marked Recipient" <marked.recipient@marked-domain.example>`,
    `Subject: marked subject ${number}`,
    `Message-ID: <marked-message-id-${number}@marked-domain.example>`,
    `Date: Sun, 1 Mar 2026 07:00:0${number} +0000`,
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain; charset=utf-8",
    "",
    "marked body",
    "--b",
    'Content-Type: application/octet-stream; name="marked-attachment.bin"',
    'Content-Disposition: attachment; filename="marked-attachment.bin"',
    "Content-Transfer-Encoding: base64",
    "",
    ...Array.from({ length: 120 }, () =>
      Buffer.from("marked attachment content, 57 bytes to fill one whole line").toString("base64").slice(0, 76),
    ),
    "--b--",
    "",
  ].join("\r\n");

/** Mail, folders and trouble, each with a mark in everything that is somebody's. */
function plant(world: World): { poisoned: string } {
  const { id } = world.mailbox();
  const mail = world.tenant.mailboxes;
  const folder = mail.createFolder(id, "marked folder");
  const ids = [1, 2, 3, 4, 5].map((number) => mail.deliver(id, number % 2 === 0 ? folder : "inbox", marked(number)));
  return { poisoned: ids[2] ?? "" };
}

const value = "GET /users/{user}/messages/{message}/$value";

it("says nothing of mail, addresses or tokens, whatever goes right or wrong", async () => {
  await using collector = await aCollector();
  const sending = sendingTo(collector);
  const { world, lines, log } = await aListenedWorld({
    edges: (edges) => ({
      ...sending.edges(edges),
      // Trouble that nobody foresaw, with mail in its words.
      blobs: {
        ...edges.blobs,
        async putIfAbsent(...args) {
          if (isFull) throw new RangeError(`no room for "marked subject" of marked.sender@marked-domain.example`);
          return edges.blobs.putIfAbsent(...args);
        },
      },
      rows: {
        ...edges.rows,
        scan: (table, partition, range) => {
          if (isTrouble) throw new TypeError(`cannot read "marked subject" of marked.sender@marked-domain.example`);
          return edges.rows.scan(table, partition, range);
        },
      },
    }),
  });
  let isTrouble = false;
  let isFull = false;
  await using _ = world;
  const { poisoned } = plant(world);
  const { id } = world.mailbox();
  world.tenant.faults.set({
    rules: [
      { route: value, message: poisoned, do: { kind: "corrupt" } },
      { every: 11, do: { kind: "throttled", retryAfterSeconds: 3 } },
      { rate: 0.1, do: { kind: "truncated-json" } },
      {
        rate: 0.05,
        do: { kind: "status", status: 500, code: "marked-code@marked-domain.example", message: "marked subject" },
      },
    ],
  });
  const profile = await world.profile({ name: "marked profile" });
  expect((await world.run(profile)).tally.stored).toBeGreaterThan(3);

  const ask = anApi(world.app, { auth, keys, log });
  const token = await tokenFor("Archive.Admin");
  const headers = { authorization: `Bearer ${token}` };
  const at = `/mailboxes/${id}/messages`;
  const list = await ask("GET", `${at}?q=marked%20subject&folder=%2Fmarked%20folder`, { headers });
  for (const { key } of list.json.value) {
    await ask("GET", `${at}/${key}`, { headers });
    await ask("GET", `${at}/${key}/eml`, { headers });
    await ask("GET", `${at}/${key}/attachments/1`, { headers });
  }
  const only = { mode: "only", mailboxes: ["marked.nobody@marked-domain.example"] };
  const other = await world.profile({ name: "marked profile 2", mailboxes: only });
  await world.run(other);
  const body = ExportInput.parse({ format: "mbox", mailboxes: [id], subject: "marked subject" });
  const made = await ask("POST", "/exports", { headers, body: JSON.parse(JSON.stringify(body)) });
  await world.settle();
  expect((await world.app.exports.get(ExportId.parse(made.json.id))).exported.messages).toBeGreaterThan(0);
  await ask("GET", `/exports/${made.json.id}/content`, { headers });
  await ask("GET", at, { headers: { authorization: `Bearer ${token}x` } });

  // Now damage and trouble: blobs that lie, tables that fail in a way of their own.
  for (const name of world.edges.blobs.names().filter((one) => /packs|attachments/.test(one)))
    world.edges.blobs.tamper(name, Buffer.from("marked body"));
  for (const { key } of list.json.value) await ask("GET", `${at}/${key}/eml`, { headers }).catch(() => {});
  await ask("POST", "/verify", { headers, body: {} });
  await world.settle();
  isTrouble = true;
  expect((await ask("GET", at, { headers })).status).toBe(500);
  isTrouble = false;
  isFull = true;
  world.tenant.mailboxes.deliver(id, "inbox", marked(6));
  world.clock.advance(1_000);
  await world.app.profiles.run(profile);
  await world.settle(() => {});

  await sending.flush();
  expect(collector.spans().map(({ name }) => name)).toEqual(expect.arrayContaining(["archive-mailbox", "export"]));
  expect(collector.sums().length).toBeGreaterThan(0);
  const said = [...lines, JSON.stringify(collector.got)].join("\n");
  const events = new Set(lines.map((line) => JSON.parse(line).event));
  for (const event of [
    "graph.refused",
    "run ended",
    "work measured",
    "export ended",
    "request failed",
    "mailbox work interrupted",
  ])
    expect(events).toContain(event);
  expect(said.match(/marked[ .-][^"]{0,40}/gi) ?? []).toEqual([]);
  expect(said).not.toContain(Buffer.from("marked attachment").toString("base64").slice(0, 16));
  expect(said).not.toContain("@");
  expect(said).not.toContain(world.mailbox().address.split("@")[0]);
  for (const secret of [token, token.split(".")[1] ?? "", world.tenant.token]) expect(said).not.toContain(secret);
});

it("names run, mailbox and work on every line of a mailbox's work, and counts what was done", async () => {
  const { world, lines, all } = await aListenedWorld({ tenant: { mailboxes: 2 } });
  await using _ = world;
  world.tenant.faults.set({ rules: [{ every: 9, do: { kind: "throttled", retryAfterSeconds: 3 } }] });
  const run = await world.run(await world.profile());
  const work = lines.map((line): Line => JSON.parse(line)).filter((line) => line.work === "archive-mailbox");
  expect(work.length).toBeGreaterThan(8);
  for (const line of work) expect(line).toMatchObject({ run: run.id, mailbox: expect.any(String) });
  const measured = all("work measured").filter((line) => line.work === "archive-mailbox");
  const sum = (name: string) => measured.reduce((total, line) => total + (line[name] ?? 0), 0);
  expect(sum("messages")).toBe(run.tally.stored);
  expect(sum("bytes")).toBe(run.bytes);
  expect(sum("commits")).toBeGreaterThan(0);
  expect(sum("throttled")).toBeGreaterThan(0);
  expect(sum("throttledMs")).toBe(3_000 * sum("throttled"));
  const requests = all("graph requests");
  expect(requests).toContainEqual(
    expect.objectContaining({ route: "/users/{id}/messages/{id}/$value", outcome: "ok" }),
  );
  for (const { route } of requests) expect(route).toMatch(/^\/[\w/{}$.]+$/);
});

it("names the request on what is logged for it, and tells the caller under which name", async () => {
  const { world, all, log } = await aListenedWorld();
  await using _ = world;
  world.tenant.faults.set({ rules: [{ do: { kind: "unavailable" } }] });
  const answer = await anApi(world.app, { log })("POST", "/directory/sync");
  expect(answer.status).toBe(503);
  const [line] = all("request not answered");
  expect(line).toMatchObject({ action: "syncDirectory", request: answer.headers.get("x-request-id") });
  expect(all("graph.refused")[0]).toMatchObject({ request: line?.request });
});

it("sends what a run did as spans and sums that agree with it", async () => {
  await using collector = await aCollector();
  const sending = sendingTo(collector);
  const { world } = await aListenedWorld({ tenant: { mailboxes: 2 }, edges: sending.edges });
  await using _ = world;
  world.tenant.faults.set({ rules: [{ every: 9, do: { kind: "throttled", retryAfterSeconds: 3 } }] });
  const run = await world.run(await world.profile());
  await sending.flush();
  const ofRun = collector.spans().filter((span) => attribute(span, "mailkeep.run") === run.id);
  expect(ofRun.map(({ name }) => name)).toEqual(expect.arrayContaining(["start-run", "archive-mailbox"]));
  const total = (name: string) => ofRun.reduce((sum, span) => sum + Number(attribute(span, name) ?? 0), 0);
  expect(total("mailkeep.messages")).toBe(run.tally.stored);
  const [sums] = collector.sums();
  const points = (name: string): Line[] => sums.find((one: Line) => one.name === name)?.sum.dataPoints ?? [];
  const value = (name: string) => points(name).reduce((sum, { asInt }) => sum + Number(asInt), 0);
  expect(value("mailkeep.messages")).toBe(run.tally.stored);
  expect(value("mailkeep.bytes")).toBe(run.bytes);
  expect(value("mailkeep.commits")).toBeGreaterThan(0);
  expect(value("mailkeep.graph.throttled.time")).toBe(total("mailkeep.throttledMs"));
  expect(value("mailkeep.graph.throttled.time")).toBeGreaterThan(0);
  expect(value("mailkeep.graph.requests")).toBe(total("mailkeep.requests") - total("mailkeep.retries"));
  expect(points("mailkeep.graph.requests").map((point) => attribute(point, "mailkeep.outcome"))).toContain("ok");
  expect(value("mailkeep.work.items")).toBe(collector.spans().length);
});

const attribute = ({ attributes }: Line, name: string): string | undefined =>
  attributes.filter(({ key }: Line) => key === name).map(({ value }: Line) => value.intValue ?? value.stringValue)[0];
