import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { staticToken } from "../../../../lib/adapters/graph/token.js";
import type { FolderId, ImmutableId, MailboxId } from "../../../../lib/core/ids.js";
import type { Fault } from "../../../../lib/local/tenant/faults.js";
import { startTenant, type Tenant } from "../../../../lib/local/tenant/server.js";
import type { MailboxWriter, Unchanged } from "../../../../lib/ports/mail-writer.js";
import { type Opened, opened } from "./a-tenant.js";

const one = "/users/{user}/messages/{message}";
const routes = {
  moveToDeletedItems: `POST ${one}/move`,
  delete: `DELETE ${one}`,
  permanentDelete: `POST ${one}/permanentDelete`,
};
const eml = "From: a@contoso.example\r\nSubject: old\r\n\r\nHello\r\n";

let tenant: Tenant;
let graph: Opened;
let box: MailboxId;
let writer: MailboxWriter;
let id: ImmutableId;
let unless: Unchanged;

beforeEach(async () => {
  tenant = await startTenant({ mailboxes: 1, messagesPerMailbox: 0, hugeMessageBytes: 0 });
  onTestFinished(() => tenant.close());
  graph = await opened(
    { url: tenant.baseUrl },
    { token: staticToken(tenant.token), writerToken: staticToken(tenant.writerToken) },
  );
  box = tenant.mailboxes.list()[0]?.id as MailboxId;
  writer = open();
  id = tenant.mailboxes.deliver(box, "inbox", eml) as ImmutableId;
  unless = state();
});

function open(signal = new AbortController().signal): MailboxWriter {
  if (graph.graph.writer === undefined) throw new Error("no writer");
  return graph.graph.writer.open(box, { history: { slots: [] }, signal });
}

function state(): Unchanged {
  const found = tenant.mailboxes.inventory(box).find((message) => message.id === id);
  return { changeKey: found?.changeKey ?? "", folderId: found?.folderId as FolderId };
}

const place = () => tenant.mailboxes.inventory(box).find((message) => message.id === id)?.folderPath;
const writes = () => tenant.requests.filter(({ method }) => method !== "GET").length;
const strike = (fault: Fault, rule: object = { nth: 1 }, route: string = routes.delete) =>
  tenant.faults.set({ rules: [{ route, do: fault, ...rule }] });

describe("removing", () => {
  it.each([
    ["moveToDeletedItems", "/Deleted Items"],
    ["delete", "/Deletions"],
    ["permanentDelete", "/Purges"],
  ] as const)("%s sends the message to %s", async (action, folder) => {
    const named = tenant.mailboxes.folders(box).find(({ wellKnown }) => wellKnown === "deleteditems")?.path;
    expect(await writer.remove(id, action, unless)).toEqual({ kind: "deleted" });
    expect(place()).toBe(action === "moveToDeletedItems" ? named : folder);
    expect(writes()).toBe(1);
  });

  it("leaves a message alone that is no longer what was archived", async () => {
    tenant.mailboxes.flag(box, id);
    expect(await writer.remove(id, "delete", unless)).toEqual({ kind: "changed" });
    tenant.mailboxes.move(box, id, "archive");
    expect(await writer.remove(id, "delete", { ...state(), folderId: unless.folderId })).toEqual({ kind: "changed" });
    expect(writes()).toBe(0);
  });

  it("says when it was not there", async () => {
    tenant.mailboxes.purge(box, id);
    expect(await writer.remove(id, "delete", unless)).toEqual({ kind: "gone" });
    expect(writes()).toBe(0);
  });

  it.each([409, 412])("takes %i for a change at that moment", async (status) => {
    strike({ kind: "status", status, code: "ErrorIrresolvableConflict" });
    expect(await writer.remove(id, "delete", unless)).toEqual({ kind: "changed" });
  });

  it.each([404, 405])("knows a cloud without permanentDelete by its %i", async (status) => {
    strike({ kind: "status", status, code: "UnknownError" }, {}, routes.permanentDelete);
    expect(await writer.remove(id, "permanentDelete", unless)).toMatchObject({
      kind: "refused",
      reason: "PERMANENT_DELETE_UNAVAILABLE",
    });
  });

  it("names what the identity lacks", async () => {
    strike({ kind: "forbidden" }, {});
    expect(await writer.remove(id, "delete", unless)).toMatchObject({ kind: "refused", reason: "ErrorAccessDenied" });
  });
});

describe("a lost answer", () => {
  it.each(["reset", "cut"] as const)("after the deletion (%s) is asked about, not sent again", async (kind) => {
    strike({ kind });
    expect(await writer.remove(id, "delete", unless)).toEqual({ kind: "deleted" });
    expect(place()).toBe("/Deletions");
    expect(writes()).toBe(1);
  });

  it("before the deletion is asked about, and then it is sent again", async () => {
    strike({ kind: "unavailable" });
    expect(await writer.remove(id, "delete", unless)).toEqual({ kind: "deleted" });
    expect(writes()).toBe(2);
  });

  it("whose message a person has moved meanwhile is no deletion", async () => {
    strike({ kind: "unavailable" });
    const removing = writer.remove(id, "delete", unless);
    while (writes() === 0) await new Promise((resolve) => setImmediate(resolve));
    tenant.mailboxes.move(box, id, "archive");
    expect(await removing).toEqual({ kind: "changed" });
  });

  it("again and again ends as not done", async () => {
    strike({ kind: "gateway-timeout" }, {});
    await expect(writer.remove(id, "delete", unless)).rejects.toMatchObject({ reason: "DELETION_NOT_DONE" });
    expect(place()).toBe("/Inbox");
    expect(writes()).toBe(3);
  });
});

describe("limits", () => {
  it("waits as long as a 429 asks and then sends again", async () => {
    strike({ kind: "throttled", retryAfterSeconds: 7 });
    const begun = graph.clock.now().getTime();
    expect(await writer.remove(id, "delete", unless)).toEqual({ kind: "deleted" });
    expect(graph.clock.now().getTime() - begun).toBe(7_000);
  });

  it("shares four requests in flight with the reader of the same claim", async () => {
    const { signal } = new AbortController();
    const reader = graph.graph.mail.open(box, { history: { slots: [] }, signal });
    const both = open(signal);
    const ids = Array.from({ length: 12 }, (_, n) => tenant.mailboxes.deliver(box, "inbox", `${eml}${n}`));
    const found = new Map(tenant.mailboxes.inventory(box).map((message) => [message.id, message]));
    tenant.faults.set({ latencyMs: 5 });
    await Promise.all([
      ...ids.map((each) => reader.message(each as ImmutableId)),
      ...ids.map((each) => {
        const { changeKey = "", folderId = "" } = found.get(each) ?? {};
        return both.remove(each as ImmutableId, "delete", { changeKey, folderId: folderId as FolderId });
      }),
    ]);
    const limits = tenant.counters().byMailbox[box];
    expect([limits?.maxInFlight, limits?.concurrencyViolations]).toEqual([4, 0]);
    expect(both.history()).toEqual(reader.history());
  });
});
