import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTenant, type Tenant } from "../../../../lib/local/tenant/server.js";
import { type Ask, asking, eml, round } from "./ask.js";

let tenant: Tenant;
let ask: Ask;
let anna: string;
beforeAll(async () => {
  tenant = await startTenant({ mailboxes: 2, messagesPerMailbox: 5 });
  ask = asking(tenant);
  anna = tenant.mailboxes.list()[0]?.id ?? "";
});
afterAll(() => tenant.close());

const order = (verb: string, body: unknown) => ask(`/_tenant/${verb}`, { method: "POST", body });
const look = async (what: string) => (await ask(`/_tenant/${what}`)).json;

describe("the control surface", () => {
  it("delivers, moves, marks and removes messages", async () => {
    const { json } = await order("deliver", {
      mailbox: anna,
      folder: "inbox",
      text: eml("by hand"),
      receivedAt: "2026-05-01T00:00:00Z",
    });
    const path = `/users/${anna}/messages/${json.id}`;
    expect((await ask(path)).json).toMatchObject({ subject: "by hand", receivedDateTime: "2026-05-01T00:00:00Z" });
    await order("markRead", { mailbox: anna, message: json.id, isRead: true });
    await order("categorise", { mailbox: anna, message: json.id, categories: ["Red"] });
    await order("flag", { mailbox: anna, message: json.id, flag: "flagged" });
    expect((await ask(path)).json).toMatchObject({
      isRead: true,
      categories: ["Red"],
      flag: { flagStatus: "flagged" },
    });
    await order("editDraft", { mailbox: anna, message: json.id, eml: Buffer.from(eml("edited")).toString("base64") });
    expect((await ask(`${path}/$value`)).bytes.toString()).toBe(eml("edited"));
    await order("move", { mailbox: anna, message: json.id, folder: "archive" });
    await order("remove", { mailbox: anna, message: json.id });
    expect((await look(`inventory?mailbox=${anna}`)).find((one: { id: string }) => one.id === json.id)).toMatchObject({
      folderPath: "/Deletions",
    });
    await order("purge", { mailbox: anna, message: json.id });
    expect((await ask(path)).status).toBe(404);
  });

  it("makes, renames, moves and deletes folders", async () => {
    const { json } = await order("createFolder", { mailbox: anna, displayName: "Made" });
    await order("renameFolder", { mailbox: anna, folder: json.id, displayName: "Named" });
    await order("moveFolder", { mailbox: anna, folder: json.id, parent: "deleteditems" });
    const folders = await look(`folders?mailbox=${anna}`);
    expect(folders.find((one: { id: string }) => one.id === json.id)).toMatchObject({ path: "/Deleted Items/Named" });
    await order("deleteFolder", { mailbox: anna, folder: "/Deleted Items/Named" });
    expect((await ask(`/users/${anna}/mailFolders/${json.id}`)).status).toBe(404);
  });

  it("kills tokens, sets and clears faults, reads and forgets counters", async () => {
    const { deltaLink } = await round(ask, `/users/${anna}/mailFolders/inbox/messages/delta`);
    await order("expireDeltaTokens", { mailbox: anna });
    expect((await ask(deltaLink)).status).toBe(410);
    const { json } = await order("faults", { rules: [{ do: { kind: "unavailable" } }], latencyMs: 1 });
    expect(json).toMatchObject({ latencyMs: 1, rules: [{ do: { kind: "unavailable" } }] });
    expect((await ask("/users")).status).toBe(503);
    await order("clearFaults", {});
    expect((await ask("/users")).status).toBe(200);
    expect((await look("counters")).byRoute["GET /users"].byStatus).toMatchObject({ 503: 1 });
    await order("resetCounters", {});
    expect(await look("counters")).toMatchObject({ requests: 0 });
    expect(await look("requests")).toEqual([]);
  });

  it("changes the directory", async () => {
    const person = {
      ...tenant.mailboxes.person(anna),
      id: "00000000-0000-4000-a000-000000000001",
      userPrincipalName: "new@contoso.example",
      mail: "new@contoso.example",
      proxyAddresses: ["SMTP:new@contoso.example"],
    };
    await order("addPerson", { person });
    expect((await ask("/users/new@contoso.example/mailFolders/inbox")).json.totalItemCount).toBe(0);
    await order("changePerson", { mailbox: person.id, change: { accountEnabled: false } });
    expect((await ask(`/users/${person.id}?$select=accountEnabled`)).json).toMatchObject({ accountEnabled: false });
    await order("loseMailbox", { mailbox: person.id });
    expect((await ask(`/users/${person.id}/mailFolders`)).code).toBe("MailboxNotEnabledForRESTAPI");
    await order("removePerson", { mailbox: person.id });
    expect((await ask(`/users/${person.id}`)).code).toBe("Request_ResourceNotFound");
  });

  it("says what is wrong with an order, and obeys only who knows the token", async () => {
    expect((await order("move", { mailbox: "nobody", message: "x", folder: "y" })).json.error.message).toContain(
      "no user nobody",
    );
    expect((await order("dance", {})).status).toBe(404);
    expect((await order("constructor", {})).status).toBe(404);
    expect((await ask("/_tenant/mailboxes", { headers: { authorization: "Bearer no" } })).status).toBe(401);
    expect(tenant.counters().unknownRoutes).toEqual([]);
  });

  it("gives the bytes of a message", async () => {
    const [first] = await look(`inventory?mailbox=${anna}`);
    const { bytes } = await ask(`/_tenant/mime?mailbox=${anna}&message=${encodeURIComponent(first.id)}`);
    expect(bytes).toHaveLength(first.size);
  });
});
