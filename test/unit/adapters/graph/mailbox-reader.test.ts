import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import type { FolderId, ImmutableId } from "../../../../lib/core/ids.js";
import { aTenant, inTurn, json, opened, refuse, type Tenant } from "./a-tenant.js";

const inbox = "AQ/inbox==" as FolderId;
const paths = (tenant: Tenant) =>
  tenant.requests.map(({ url }) => decodeURIComponent(url).replace("/v1.0/users/anna", ""));

describe("the folder tree", () => {
  type Item = {
    id: string;
    displayName?: string;
    childFolderCount?: number;
    isHidden?: boolean;
    "@odata.type"?: string;
  };
  const levels: Record<string, Item[]> = {
    "": [
      { id: "in", displayName: "Inbox", childFolderCount: 1 },
      { id: "out", displayName: "Sent", childFolderCount: 0 },
      { id: "search", childFolderCount: 3, "@odata.type": "#microsoft.graph.mailSearchFolder" },
      { id: "secret", displayName: "Hidden", childFolderCount: 0, isHidden: true },
    ],
    in: [{ id: "deep", displayName: "Deep" }],
    deep: [{ id: "deeper", displayName: "Deeper", childFolderCount: 0 }, { id: "in" }],
    secret: [{ id: "under", displayName: "Under", childFolderCount: 0 }],
    search: [{ id: "never" }],
  };
  const treeTenant = () =>
    aTenant((request, response) => {
      const parent = /mailFolders\/(\w+)\/childFolders/.exec(request.url ?? "")?.[1] ?? "";
      const hidden = request.url?.includes("includeHiddenFolders=true");
      const value = (levels[parent] ?? []).filter((item) => hidden || !item.isHidden);
      json(response, {
        value: value.map((item) => ({ parentFolderId: parent || "root", totalItemCount: 5, ...item })),
      });
    });

  it("is read to every depth, each folder once, without search and hidden folders", async () => {
    const tenant = await treeTenant();
    const { mailbox } = await opened(tenant);
    const { folders } = await mailbox().folders({ hidden: false });
    expect(folders.map(({ id }) => id)).toEqual(["in", "deep", "deeper", "out"]);
    expect(folders[1]).toEqual({ id: "deep", parentId: "in", displayName: "Deep", totalItemCount: 5, hidden: false });
    expect(tenant.requests).toHaveLength(3);
    expect(paths(tenant).join()).not.toContain("Hidden=");
    expect(paths(tenant)[0]).toContain("$top=100");
  });

  it("looks below every folder for hidden ones when they are wanted", async () => {
    const tenant = await treeTenant();
    const { mailbox } = await opened(tenant);
    const { folders } = await mailbox().folders({ hidden: true });
    expect(folders.map(({ id }) => id)).toEqual(["in", "deep", "deeper", "out", "secret", "under"]);
    expect(folders.filter(({ hidden }) => hidden).map(({ id }) => id)).toEqual(["secret"]);
    expect(tenant.requests.every(({ url }) => url.includes("includeHiddenFolders=true"))).toBe(true);
  });

  it("tells of the highest level before the levels below it are listed", async () => {
    const tenant = await treeTenant();
    const { mailbox } = await opened(tenant);
    const told: { top: string[]; requests: number }[] = [];
    const onTop = (top: { id: string }[]) =>
      void told.push({ top: top.map(({ id }) => id), requests: tenant.requests.length });
    await mailbox().folders({ hidden: false, onTop });
    expect(told).toEqual([{ top: ["in", "out"], requests: 1 }]);
  });

  it("follows pages, and can begin at one folder", async () => {
    const tenant = await aTenant((request, response) => {
      const more = `${tenant.url}/v1.0/users/anna/mailFolders/recoverableitemsroot/childFolders?$skip=1`;
      if (request.url?.includes("$skip")) json(response, { value: [{ id: "b", childFolderCount: 0 }] });
      else if (request.url?.includes("recoverable")) json(response, { value: [{ id: "a" }], "@odata.nextLink": more });
      else json(response, { value: [] });
    });
    const { mailbox } = await opened(tenant);
    expect((await mailbox().foldersBelow("recoverableitemsroot")).map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it("is empty below a folder the mailbox does not have, and fails when the mailbox is not there", async () => {
    const tenant = await aTenant(
      inTurn(
        (r) => refuse(r, 404, "ErrorItemNotFound"),
        (r) => refuse(r, 404, "ErrorInvalidUser"),
      ),
    );
    const { mailbox } = await opened(tenant);
    expect(await mailbox().foldersBelow("recoverableitemsroot")).toEqual([]);
    await expect(mailbox().folders({ hidden: false })).rejects.toMatchObject({ code: "no-mailbox" });
    await expect(mailbox().foldersBelow("x")).rejects.toMatchObject({ code: "no-mailbox" });
  });

  it("says which folder could not be opened, and gives the others", async () => {
    const tenant = await aTenant((request, response) =>
      request.url?.includes("/deep/")
        ? refuse(response, 503, "x")
        : json(response, { value: [{ id: request.url?.includes("/childFolders") ? "deep" : "in" }] }),
    );
    const { mailbox } = await opened(tenant);
    const { folders } = await mailbox().folders({ hidden: false });
    expect(folders.map(({ id, belowUnread }) => ({ id, belowUnread }))).toEqual([
      { id: "in", belowUnread: undefined },
      { id: "deep", belowUnread: { reason: "x", status: 503, requestId: expect.any(String) } },
    ]);
  });

  it("keeps the folders of the pages that came, and says that there may be more", async () => {
    const tenant = await aTenant((request, response) => {
      const nextLink = `${tenant.url}/v1.0/users/anna/mailFolders?$skip=1`;
      if (request.url?.includes("$skip")) refuse(response, 500, "x");
      else json(response, { value: [{ id: "in", childFolderCount: 0 }], "@odata.nextLink": nextLink });
    });
    const { mailbox } = await opened(tenant);
    expect(await mailbox().folders({ hidden: false })).toMatchObject({
      folders: [{ id: "in" }],
      topUnread: { reason: "x", status: 500 },
    });
  });

  it("fails when the top cannot be read", async () => {
    const tenant = await aTenant((_request, response) => refuse(response, 503, "x"));
    const { mailbox } = await opened(tenant);
    await expect(mailbox().folders({ hidden: false })).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("well-known folders", () => {
  it.each([
    [404, "ErrorItemNotFound", true],
    [404, "ErrorFolderNotFound", true],
    [404, "ErrorInvalidFolderId", false],
    [400, "ErrorItemNotFound", false],
    [400, "ErrorInvalidIdMalformed", false],
  ])("that a mailbox lacks have no id, and are absent when it says so (%i %s: %s)", async (status, code, isAbsent) => {
    const tenant = await aTenant((_request, response) => refuse(response, status, code));
    const { mailbox } = await opened(tenant);
    expect(await mailbox().wellKnownFolder("clutter")).toEqual({ id: undefined, isAbsent });
  });

  it("are found, and never absent because a read failed", async () => {
    const tenant = await aTenant(
      inTurn(
        (r) => json(r, { id: "X" }),
        (r) => r.writeHead(404).end(),
      ),
    );
    const { mailbox } = await opened(tenant);
    expect(await mailbox().wellKnownFolder("inbox")).toEqual({ id: "X", isAbsent: false });
    expect(paths(tenant)).toEqual(["/mailFolders/inbox?$select=id"]);
    await expect(mailbox().wellKnownFolder("inbox")).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("changes", () => {
  it("are read page by page with the links sent back byte for byte", async () => {
    const odd = "/v1.0/users('anna')/mailFolders('AQ%2b==')/messages/delta?$skiptoken=R0%2b'x'==&$x=%24&a=(b)|c{d}";
    const tenant = await aTenant((_request, response, n) => {
      if (n === 1) json(response, { value: [], "@odata.nextLink": tenant.url + odd });
      else json(response, { value: [], "@odata.deltaLink": `${tenant.url}/v1.0/d?$deltatoken=1` });
    });
    const { mailbox } = await opened(tenant);
    const first = await mailbox().changes(inbox, undefined);
    expect(first).toEqual({ kind: "page", changes: [], next: { link: tenant.url + odd, roundDone: false } });
    const second = await mailbox().changes(inbox, tenant.url + odd);
    expect(second).toMatchObject({ next: { link: `${tenant.url}/v1.0/d?$deltatoken=1`, roundDone: true } });
    expect(tenant.requests[1]?.url).toBe(odd);
    expect(tenant.requests[0]?.url).toBe(
      "/v1.0/users/anna/mailFolders/AQ%2Finbox%3D%3D/messages/delta?$select=id,changeKey,parentFolderId," +
        "receivedDateTime,subject,from,sender,toRecipients,ccRecipients,bccRecipients,internetMessageId," +
        "hasAttachments,isRead,isDraft,categories,flag,importance,bodyPreview",
    );
  });

  /** Refuses what fits the pattern; a message is only its id, and a page of changes is empty. */
  const refusing = async (pattern: RegExp) => {
    const tenant: Tenant = await aTenant((request, response) => {
      const answer = { id: "m", value: [], "@odata.deltaLink": `${tenant.url}/v1.0/d` };
      if (pattern.test(request.url ?? "")) json(response, { error: { code: "BadRequest", message: "" } }, 400);
      else json(response, answer);
    });
    const previews = () => tenant.requests.map(({ url }) => url.includes("bodyPreview"));
    return { tenant, previews, reader: (await opened(tenant)).mailbox() };
  };

  it("are asked for without the beginning of the text where Graph refuses it, by all who asked and from then on", async () => {
    const { reader, previews } = await refusing(/bodyPreview/);
    const pages = await Promise.all([reader.changes(inbox, undefined), reader.changes(inbox, undefined)]);
    expect(pages).toMatchObject([{ kind: "page" }, { kind: "page" }]);
    await reader.changes(inbox, undefined);
    expect(previews()).toEqual([true, true, false, false, false]);
  });

  it("and messages are, too, with all else that is asked of them", async () => {
    const { tenant, reader, previews } = await refusing(/bodyPreview/);
    await reader.message("m" as ImmutableId);
    await reader.changes(inbox, undefined);
    expect(previews()).toEqual([true, false, false]);
    expect(paths(tenant)[1]).toContain("toRecipients");
  });

  it("go on telling how texts begin after Graph refused something else", async () => {
    const { tenant, reader, previews } = await refusing(/odd/);
    await expect(reader.message("odd" as ImmutableId)).rejects.toMatchObject({ code: "invalid" });
    expect(await reader.changes(inbox, `${tenant.url}/v1.0/odd`)).toMatchObject({ kind: "resync" });
    await reader.changes(inbox, undefined);
    expect(previews()).toEqual([true, false, false, false, true]);
  });

  it("say what Graph said and nothing more", async () => {
    const value = [
      {
        "@odata.etag": 'W/"x"',
        id: "full",
        changeKey: "CK",
        parentFolderId: "F",
        receivedDateTime: "2026-11-21T10:00:00Z",
        subject: "",
        from: { emailAddress: { name: "Anna", address: "anna@contoso.com" } },
        sender: { emailAddress: { address: "bob@contoso.com" } },
        toRecipients: [{ emailAddress: { name: "No address" } }],
        ccRecipients: [],
        bccRecipients: null,
        hasAttachments: false,
        isRead: true,
        categories: ["Red"],
        flag: { flagStatus: "flagged", dueDateTime: null },
        importance: "high",
        surprise: { new: true },
      },
      { id: "partial", isRead: false },
      { id: "untitled", subject: null },
      {
        id: "odd",
        subject: 7,
        isRead: "yes",
        receivedDateTime: "soon",
        from: {},
        toRecipients: [{}],
        categories: [1],
        flag: 3,
      },
      { "@odata.type": "#microsoft.graph.message", id: "left", "@removed": { reason: "deleted" } },
    ];
    const tenant = await aTenant((_request, response) =>
      json(response, { value, "@odata.deltaLink": `${tenant.url}/v1.0/d` }),
    );
    const { mailbox } = await opened(tenant);
    const page = await mailbox().changes(inbox, undefined);
    expect(page.kind === "page" && page.changes).toEqual([
      {
        kind: "present",
        id: "full",
        message: {
          id: "full",
          changeKey: "CK",
          folderId: "F",
          receivedAt: "2026-11-21T10:00:00Z",
          subject: "",
          from: { name: "Anna", email: "anna@contoso.com" },
          sender: { email: "bob@contoso.com" },
          to: [{ name: "No address", email: "" }],
          cc: [],
          hasAttachments: false,
          isRead: true,
          categories: ["Red"],
          flag: "flagged",
          importance: "high",
        },
      },
      { kind: "present", id: "partial", message: { id: "partial", isRead: false } },
      { kind: "present", id: "untitled", message: { id: "untitled", hasNoSubject: true } },
      { kind: "present", id: "odd", message: { id: "odd" } },
      { kind: "removed", id: "left" },
    ]);
  });

  it.each([
    [410, "anything"],
    [400, "SyncStateNotFound"],
    [404, "resyncRequired"],
    [400, "BadRequest"],
  ])("ask for a new start when the link has died (%i %s)", async (status, code) => {
    const tenant = await aTenant((_request, response) => refuse(response, status, code));
    const { mailbox } = await opened(tenant);
    expect(await mailbox().changes(inbox, `${tenant.url}/v1.0/d`)).toEqual({ kind: "resync", reason: code });
  });

  it("begin anew, without a request, when the link kept is of another host", async () => {
    const tenant = await aTenant((_request, response) => json(response, { value: [] }));
    const { mailbox } = await opened(tenant);
    const kept = "https://graph.microsoft.us/v1.0/users/anna/mailFolders/inbox/messages/delta?$deltatoken=x";
    expect(await mailbox().changes(inbox, kept)).toEqual({ kind: "resync", reason: "LINK_OF_ANOTHER_HOST" });
    expect(tenant.requests).toEqual([]);
  });

  it("say when the folder is gone", async () => {
    const tenant = await aTenant(
      inTurn(
        (r) => refuse(r, 404, "ErrorSyncFolderNotFound"),
        (r) => refuse(r, 404, "ErrorItemNotFound"),
      ),
    );
    const { mailbox } = await opened(tenant);
    expect(await mailbox().changes(inbox, `${tenant.url}/v1.0/d`)).toEqual({ kind: "folder-gone" });
    expect(await mailbox().changes(inbox, undefined)).toEqual({ kind: "folder-gone" });
  });

  const broken: [string, (tenant: Tenant) => unknown][] = [
    ["a page with neither link", () => ({ value: [] })],
    ["a page whose links are null", () => ({ value: [], "@odata.nextLink": null, "@odata.deltaLink": null })],
    ["a page with an empty link", () => ({ value: [], "@odata.nextLink": "" })],
    ["a page without a value", (t) => ({ "@odata.deltaLink": `${t.url}/v1.0/d` })],
    ["an item without an id", (t) => ({ value: [{ subject: "x" }], "@odata.deltaLink": `${t.url}/v1.0/d` })],
    ["a page that leads to itself", (t) => ({ value: [], "@odata.nextLink": `${t.url}/v1.0/again` })],
  ];
  it.each(broken)("never take %s for the end", async (_name, body) => {
    const tenant = await aTenant((_request, response) => json(response, body(tenant)));
    const { mailbox } = await opened(tenant);
    const page = await mailbox().changes(inbox, `${tenant.url}/v1.0/again`);
    expect(page).toEqual({ kind: "unrendered", reason: "MALFORMED_ANSWER" });
  });

  it("take a link that is null for none", async () => {
    const tenant = await aTenant((_request, response) =>
      json(response, {
        value: [],
        "@odata.nextLink": null,
        "@odata.deltaLink": `http://${_request.headers.host}/v1.0/d`,
      }),
    );
    const { mailbox } = await opened(tenant);
    expect(await mailbox().changes(inbox, undefined)).toMatchObject({ kind: "page", next: { roundDone: true } });
  });
});

describe("pages that are too much for Graph", () => {
  const truncated = (response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"@odata.context":"x","value":[');
  };
  const sizes = (tenant: Tenant) =>
    tenant.requests.map(({ headers }) => Number(/maxpagesize=(\d+)/.exec(String(headers.prefer))?.[1]));
  const limited = (limit: number, refusal: (response: ServerResponse) => void) =>
    aTenant((request, response) => {
      const size = Number(/maxpagesize=(\d+)/.exec(String(request.headers.prefer))?.[1]);
      if (size > limit) refusal(response);
      else
        json(response, {
          value: [{ id: `of ${size}` }],
          "@odata.deltaLink": `http://${request.headers.host}/v1.0/d`,
        });
    });

  it.each([
    ["JSON cut after the bracket", truncated],
    ["504", (r: ServerResponse) => refuse(r, 504, "UnknownError")],
  ])("are asked for again, then smaller, on the same link (%s)", async (_name, refusal) => {
    const tenant = await limited(130, refusal);
    const { mailbox } = await opened(tenant);
    const reader = mailbox();
    expect(await reader.changes(inbox, `${tenant.url}/v1.0/same`)).toMatchObject({
      changes: [{ message: { id: "of 125" } }],
    });
    expect(sizes(tenant)).toEqual([500, 500, 250, 125]);
    expect(new Set(tenant.requests.map(({ url }) => url))).toEqual(new Set(["/v1.0/same"]));
    for (let n = 0; n < 4; n++) await reader.changes(inbox, `${tenant.url}/v1.0/same`);
    expect(sizes(tenant).slice(4)).toEqual([125, 125, 125, 250, 125]);
  });

  it("are given up when even one item is too much", async () => {
    const tenant = await limited(0, truncated);
    const { mailbox } = await opened(tenant);
    expect(await mailbox().changes(inbox, undefined)).toEqual({ kind: "unrendered", reason: "MALFORMED_ANSWER" });
    expect(sizes(tenant)).toEqual([500, 500, 250, 125, 62, 31, 15, 7, 3, 1, 1, 1]);
  });
});

describe("the id sweep", () => {
  const ids = async (pages: AsyncIterable<ImmutableId[]> | undefined) => {
    const all: string[] = [];
    for await (const page of pages ?? []) all.push(...page);
    return all;
  };

  it("reads every page", async () => {
    const tenant = await aTenant((_request, response, n) =>
      json(
        response,
        n < 3
          ? { value: [{ id: `${n}` }], "@odata.nextLink": `${tenant.url}/v1.0/p?$skip=${n}` }
          : { value: [{ id: "3" }] },
      ),
    );
    const { mailbox } = await opened(tenant);
    expect(await ids(await mailbox().messageIds(inbox))).toEqual(["1", "2", "3"]);
    expect(paths(tenant)[0]).toBe("/mailFolders/AQ/inbox==/messages?$select=id&$top=1000");
  });

  it("is undefined when the folder is gone, and fails when it goes on the way", async () => {
    const tenant = await aTenant(
      inTurn(
        (r) => refuse(r, 404, "ErrorItemNotFound"),
        (r) => json(r, { value: [{ id: "1" }], "@odata.nextLink": `${tenant.url}/v1.0/p` }),
        (r) => refuse(r, 404, "ErrorItemNotFound"),
      ),
    );
    const { mailbox } = await opened(tenant);
    expect(await mailbox().messageIds(inbox)).toBeUndefined();
    const pages = await mailbox().messageIds(inbox);
    await expect(ids(pages)).rejects.toMatchObject({ code: "unavailable", reason: "ErrorItemNotFound" });
  });

  it("does not go in circles", async () => {
    const tenant = await aTenant((_request, response, n) =>
      json(response, { value: [{ id: "1" }], "@odata.nextLink": `${tenant.url}/v1.0/p${n % 2}` }),
    );
    const { mailbox } = await opened(tenant);
    await expect(ids(await mailbox().messageIds(inbox))).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("one message's facts", () => {
  it("come from wherever it is now", async () => {
    const tenant = await aTenant((_request, response) => json(response, { id: "m", parentFolderId: "elsewhere" }));
    const { mailbox } = await opened(tenant);
    expect(await mailbox().message("m/1" as ImmutableId)).toEqual({ id: "m", folderId: "elsewhere" });
    expect(tenant.requests[0]?.url).toMatch(/^\/v1\.0\/users\/anna\/messages\/m%2F1\?\$select=id,changeKey,/);
  });
});

describe("sizes", () => {
  const expand = "$expand=singleValueExtendedProperties($filter=id eq 'Integer 0x0E08')";
  const sized = (id: string, ...properties: { id: string; value: unknown }[]) => ({
    id,
    singleValueExtendedProperties: properties,
  });

  it("are asked for in all that tells of messages, and only when they are wanted", async () => {
    const tenant = await aTenant((request, response) =>
      json(
        response,
        request.url?.includes("/mailFolders/")
          ? { value: [], "@odata.deltaLink": `${tenant.url}/v1.0/x` }
          : { id: "m" },
      ),
    );
    const { mailbox } = await opened(tenant);
    for (const extra of [["size" as const], []]) {
      const reader = mailbox({ extra });
      await reader.changes(inbox, undefined);
      await reader.message("m" as ImmutableId);
      for await (const _ of (await reader.filterFacts(inbox)) ?? []);
      for await (const _ of (await reader.messageIds(inbox)) ?? []);
    }
    expect(paths(tenant).map((path) => path.includes(expand))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(paths(tenant)[2]).toContain("$select=id,receivedDateTime,from,sender,hasAttachments,isRead,categories&");
  });

  it.each([
    ["as Exchange spells it back", { id: "Integer 0xe08", value: "12345" }, 12_345],
    ["as it was asked for", { id: "Integer 0x0E08", value: "7" }, 7],
    ["as a long", { id: "Long 0xE08", value: "7" }, 7],
    ["of another property", { id: "Integer 0xe07", value: "7" }, undefined],
    ["of no number", { id: "Integer 0xe08", value: "many" }, undefined],
    ["of nothing", { id: "Integer 0xe08", value: null }, undefined],
  ])("%s", async (_, property, size) => {
    const tenant = await aTenant((_request, response) =>
      json(response, sized("m", { id: "String 0x1035", value: "<a@b>" }, property)),
    );
    const { mailbox } = await opened(tenant);
    expect((await mailbox({ extra: ["size"] }).message("m" as ImmutableId))?.size).toBe(size);
  });
});

describe("the probe", () => {
  it.each([
    ["user", "user"],
    ["linked", "user"],
    ["shared", "shared"],
    ["room", "room"],
    ["equipment", "equipment"],
    ["others", "other"],
    ["unknownFutureValue", "unknown"],
  ])("knows a %s mailbox", async (userPurpose, kind) => {
    const tenant = await aTenant((_request, response) => json(response, { userPurpose }));
    const { mailbox } = await opened(tenant);
    expect(await mailbox().probe()).toEqual({ kind });
  });

  it("asks the inbox when settings are not its to read, and remembers that", async () => {
    const tenant = await aTenant((request, response) =>
      request.url?.includes("Settings") ? refuse(response, 403, "ErrorAccessDenied") : json(response, { id: "i" }),
    );
    const { mailbox } = await opened(tenant);
    expect(await mailbox().probe()).toEqual({ kind: "unknown" });
    expect(await mailbox().probe()).toEqual({ kind: "unknown" });
    expect(paths(tenant)).toEqual([
      "/mailboxSettings?$select=userPurpose",
      "/mailFolders/inbox?$select=id",
      "/mailFolders/inbox?$select=id",
    ]);
  });

  it.each([
    [404, "MailboxNotEnabledForRESTAPI"],
    [404, "ErrorInvalidUser"],
    [404, "ResourceNotFound"],
    [404, "ErrorItemNotFound"],
    [401, "AuthenticationError"],
  ])("says why there is no mailbox (%i %s)", async (status, reason) => {
    const tenant = await aTenant((_request, response) => refuse(response, status, reason));
    const { mailbox } = await opened(tenant);
    expect(await mailbox().probe()).toEqual({ kind: "none", reason, status, requestId: "req-1" });
  });

  it("does not call a closed mailbox missing", async () => {
    const tenant = await aTenant((_request, response) => refuse(response, 403, "ErrorAccessDenied"));
    const { mailbox } = await opened(tenant);
    await expect(mailbox().probe()).rejects.toMatchObject({ code: "forbidden" });
  });
});
