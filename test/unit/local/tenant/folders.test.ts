import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTenant, type Tenant } from "../../../../lib/local/tenant/server.js";
import { type Ask, asking, everything, round } from "./ask.js";

let tenant: Tenant;
let ask: Ask;
let anna: string;
let ben: string;
beforeAll(async () => {
  tenant = await startTenant({ mailboxes: 2, messagesPerMailbox: 40, hugeMessageBytes: 0 });
  ask = asking(tenant);
  [anna = "", ben = ""] = tenant.mailboxes.list().map((one) => one.id);
});
afterAll(() => tenant.close());
beforeEach(() => tenant.resetCounters());

const names = (values: Record<string, unknown>[]) => values.map((folder) => folder.displayName);

describe("folder lists", () => {
  it("give ten at a time and only the first level", async () => {
    const first = await ask(`/users/${anna}/mailFolders`);
    expect(first.json.value).toHaveLength(10);
    const { values } = await everything(ask, `/users/${anna}/mailFolders?$select=displayName`);
    expect(names(values)).toEqual([
      "Inbox",
      "Drafts",
      "Sent Items",
      "Deleted Items",
      "Junk Email",
      "Archive",
      "Outbox",
      "Conversation History",
      "Contracts",
      "Invoices",
      "Newsletters",
    ]);
    expect((await ask(`/users/${anna}/mailFolders?$top=1001`)).status).toBe(400);
  });

  it("show hidden folders only when asked", async () => {
    const shown = await everything(ask, `/users/${anna}/mailFolders?includeHiddenFolders=true`);
    expect(shown.values.filter((folder) => folder.isHidden)).toHaveLength(1);
    const usual = await everything(ask, `/users/${anna}/mailFolders`);
    expect(usual.values.some((folder) => folder.isHidden)).toBe(false);
  });

  it("go down by childFolders, search folders among them", async () => {
    const { values } = await everything(ask, `/users/${anna}/mailFolders/inbox/childFolders`);
    expect(names(values)).toEqual(["Unread in Inbox", "Projects", "Customers"]);
    expect(values[0]?.["@odata.type"]).toBe("#microsoft.graph.mailSearchFolder");
    const customers = await everything(ask, `/users/${anna}/mailFolders/${values[2]?.id}/childFolders`);
    expect([customers.values.length, customers.pages]).toEqual([12, 2]);
  });

  it("are named in the owner's language and found by well-known names all the same", async () => {
    expect((await ask(`/users/${ben}/mailFolders/inbox`)).json.displayName).toBe("Posteingang");
    expect((await ask(`/users/${ben}/mailFolders/sentitems`)).json.displayName).toBe("Gesendete Elemente");
  });

  it("keep Recoverable Items beside the tree", async () => {
    const { values } = await everything(ask, `/users/${anna}/mailFolders/recoverableitemsroot/childFolders`);
    expect(names(values)).toEqual(["Deletions", "Purges", "Versions", "DiscoveryHolds"]);
    expect((await ask(`/users/${anna}/mailFolders/recoverableitemsdeletions`)).json.totalItemCount).toBe(3);
  });

  it("refuse folders that are not there, and ids that are none", async () => {
    const inbox = (await ask(`/users/${anna}/mailFolders/inbox`)).json.id;
    expect((await ask(`/users/${anna}/mailFolders/clutter`)).code).toBe("ErrorItemNotFound");
    expect((await ask(`/users/${ben}/mailFolders/${inbox}`)).code).toBe("ErrorItemNotFound");
    expect((await ask(`/users/${anna}/mailFolders/${inbox.toLowerCase()}`)).code).toBe("ErrorInvalidIdMalformed");
    expect((await ask(`/users/${anna}/mailFolders/inbox?$select=sizeInBytes`)).status).toBe(400);
  });

  it("count what is inside", async () => {
    const inbox = (await ask(`/users/${anna}/mailFolders/inbox`)).json;
    const inventory = tenant.mailboxes.inventory(anna).filter((message) => message.folderId === inbox.id);
    expect([inbox.totalItemCount, inbox.unreadItemCount]).toEqual([
      inventory.length,
      inventory.filter((m) => !m.isRead).length,
    ]);
    expect(inbox.childFolderCount).toBe(3);
  });
});

describe("the delta of the folder tree", () => {
  it("tells the whole tree flat, without its root and what is hidden", async () => {
    const { present, pages } = await round(ask, `/users/${anna}/mailFolders/delta`, "odata.maxpagesize=20");
    expect(pages).toBe(2);
    const all = names(present);
    expect(all).toContain("Borealis / Phase 2");
    for (const absent of ["Top of Information Store", "Social Activity Notifications", "Deletions", "Finder"])
      expect(all).not.toContain(absent);
    expect(all.filter((name) => name === "2026")).toHaveLength(2);
  });

  it("tells renames, new folders and deleted ones", async () => {
    const control = tenant.mailboxes;
    const { deltaLink } = await round(ask, `/users/${ben}/mailFolders/delta`);
    const made = control.createFolder(ben, "Neu", "inbox");
    control.renameFolder(ben, "archive", "Ablage");
    const gone = control.folders(ben).find((folder) => folder.path.endsWith("/Contracts"))?.id ?? "";
    control.deleteFolder(ben, gone);
    const next = await round(ask, deltaLink);
    expect(names(next.present).sort()).toEqual(["Ablage", "Neu"]);
    expect(next.removed).toEqual([gone]);
    expect((await ask(`/users/${ben}/mailFolders/${made}`)).json.displayName).toBe("Neu");
    expect((await ask(`/users/${ben}/mailFolders/${gone}/messages/delta`)).code).toBe("ErrorItemNotFound");
  });
});
