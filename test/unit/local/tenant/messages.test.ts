import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTenant, type Tenant } from "../../../../lib/local/tenant/server.js";
import { type Ask, asking, eml, everything } from "./ask.js";

let tenant: Tenant;
let ask: Ask;
let anna: string;
beforeAll(async () => {
  tenant = await startTenant({ mailboxes: 2, messagesPerMailbox: 60, hugeMessageBytes: 0 });
  ask = asking({ ...tenant, token: tenant.writerToken });
  anna = tenant.mailboxes.list()[0]?.id ?? "";
});
afterAll(() => tenant.close());

const deliver = (subject: string, extra?: string) => tenant.mailboxes.deliver(anna, "inbox", eml(subject, extra));

describe("MIME", () => {
  it("comes byte for byte, chunked and without a length", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    const odd = Buffer.concat([Buffer.from(eml("bytes")), bytes]);
    const id = tenant.mailboxes.deliver(anna, "inbox", odd);
    const reply = await ask(`/users/${anna}/messages/${id}/$value`);
    expect(reply.bytes.equals(odd)).toBe(true);
    expect(reply.headers["content-type"]).toBe("text/plain");
    expect([reply.headers["transfer-encoding"], reply.headers["content-length"]]).toEqual(["chunked", undefined]);
  });

  it("of every generated message is what the inventory says", async () => {
    const { createHash } = await import("node:crypto");
    for (const { id, sha256, size } of tenant.mailboxes.inventory(anna)) {
      const { bytes } = await ask(`/users/${anna}/messages/${id}/$value`);
      expect([bytes.length, createHash("sha256").update(bytes).digest("hex")]).toEqual([size, sha256]);
    }
  });

  it("is not to be had below a folder", async () => {
    const id = deliver("below");
    expect((await ask(`/users/${anna}/mailFolders/inbox/messages/${id}/$value`)).status).toBe(405);
    expect((await ask(`/users/${anna}/mailFolders/inbox/messages/${id}`)).json.subject).toBe("below");
  });

  it("can have other boundaries with each fetch, and equal parts", async () => {
    const id = tenant.mailboxes.inventory(anna).find((message) => message.subject.startsWith("All hands"))?.id;
    tenant.faults.set({ rerenderMime: true });
    const [one, two] = [
      await ask(`/users/${anna}/messages/${id}/$value`),
      await ask(`/users/${anna}/messages/${id}/$value`),
    ];
    tenant.faults.clear();
    const [a, b] = [one, two].map(({ bytes }) => bytes.toString("latin1").split("\r\n"));
    expect(one.bytes).toHaveLength(two.bytes.length);
    const different = a?.filter((line, n) => line !== b?.[n]) ?? [];
    expect(different.length).toBeGreaterThan(5);
    expect(different.every((line) => /^--R|boundary="R/.test(line))).toBe(true);
  });
});

describe("single messages", () => {
  it("show what Graph shows of them", async () => {
    const id = deliver(
      "Gr=?utf-8?q?=C3=BC=C3=9Fe?=",
      'Importance: high\r\nContent-Disposition: attachment; filename="a.pdf"\r\n',
    );
    const { json } = await ask(`/users/${anna}/messages/${id}`);
    expect(json).toMatchObject({
      subject: "Grüße",
      from: { emailAddress: { name: "Ann, Example", address: "ann@fabrikam.example" } },
      toRecipients: [
        { emailAddress: { address: "ben@contoso.example" } },
        { emailAddress: { name: "Carl", address: "carl@contoso.example" } },
      ],
      sentDateTime: "2026-03-06T09:00:00Z",
      isRead: false,
      isDraft: false,
      importance: "high",
      hasAttachments: true,
      categories: [],
      flag: { flagStatus: "notFlagged" },
    });
    expect(json["@odata.etag"]).toBe(`W/"${json.changeKey}"`);
    expect(json).not.toHaveProperty("internetMessageHeaders");
  });

  it("give what is selected, and refuse what the type has not", async () => {
    const id = deliver("select");
    expect(Object.keys((await ask(`/users/${anna}/messages/${id}?$select=subject`)).json)).toEqual([
      "@odata.etag",
      "id",
      "subject",
    ]);
    expect((await ask(`/users/${anna}/messages/${id}?$select=subject,size`)).status).toBe(400);
  });

  it("tell meeting requests by their type", async () => {
    const invitation = tenant.mailboxes
      .list()
      .flatMap(({ id }) => tenant.mailboxes.inventory(id).map((m) => ({ id, m })));
    const types = await Promise.all(
      invitation.map(async ({ id, m }) => (await ask(`/users/${id}/messages/${m.id}?$select=id`)).json["@odata.type"]),
    );
    expect(types).toContain("#microsoft.graph.eventMessageRequest");
  });

  it("echo extended properties in lower case without the leading zero", async () => {
    const text = eml("size");
    const id = tenant.mailboxes.deliver(anna, "inbox", text);
    const expand = encodeURIComponent("singleValueExtendedProperties($filter=id eq 'Integer 0x0E08')");
    const { json } = await ask(`/users/${anna}/messages/${id}?$select=id&$expand=${expand}`);
    expect(json.singleValueExtendedProperties).toEqual([{ id: "Integer 0xe08", value: String(text.length) }]);
  });

  it("tell properties by name, classes and labels, and leave out what a message does not have", async () => {
    const named = "String {00020386-0000-0000-C000-000000000046} Name msip_labels";
    const expand = encodeURIComponent(
      `singleValueExtendedProperties($filter=id eq 'String 0x001A' or id eq 'Integer 0x0036' or id eq '${named}')`,
    );
    const told = async (text: string, what = expand) => {
      const id = tenant.mailboxes.deliver(anna, "inbox", text);
      const { json } = await ask(`/users/${anna}/messages/${id}?$select=id&$expand=${what}`);
      return json.singleValueExtendedProperties;
    };
    expect(
      await told(`Sensitivity: Company-Confidential\r\nmsip_labels: MSIP_Label_x_Enabled=True\r\n${eml("a")}`),
    ).toEqual([
      { id: "String 0x1a", value: "IPM.Note" },
      { id: "Integer 0x36", value: "3" },
      { id: "String {00020386-0000-0000-c000-000000000046} Name msip_labels", value: "MSIP_Label_x_Enabled=True" },
    ]);
    expect(await told(`Content-Type: application/pkcs7-mime\r\n${eml("b")}`)).toEqual([
      { id: "String 0x1a", value: "IPM.Note.SMIME" },
      { id: "Integer 0x36", value: "0" },
    ]);
    const onlyLabels = encodeURIComponent(`singleValueExtendedProperties($filter=id eq '${named}')`);
    expect(await told(eml("c"), onlyLabels)).toBeUndefined();
  });

  it.each([
    ["what a message has not", "colours", "BadRequest"],
    ["extended properties without their ids", "singleValueExtendedProperties", "ErrorInvalidUrlQueryFilter"],
    ["an id of no type", "singleValueExtendedProperties($filter=id eq '0x0E08')", "ErrorInvalidProperty"],
  ])("are refused when asked to expand %s", async (_, expand, code) => {
    const id = deliver("expand");
    for (const path of [`messages/${id}`, "mailFolders/inbox/messages", "mailFolders/inbox/messages/delta"]) {
      const refused = await ask(`/users/${anna}/${path}?$expand=${encodeURIComponent(expand)}`);
      expect({ status: refused.status, code: refused.code }).toEqual({ status: 400, code });
    }
  });

  it("tell extended properties in delta rounds begun with them, but not with a change that names only what changed", async () => {
    const folder = tenant.mailboxes.createFolder(anna, "Sizes");
    const text = eml("size");
    const deliverHere = () => tenant.mailboxes.deliver(anna, folder, { eml: text, isRead: false });
    const first = deliverHere();
    const expand = encodeURIComponent("singleValueExtendedProperties($filter=id eq 'Integer 0x0E08')");
    const begun = await ask(`/users/${anna}/mailFolders/${folder}/messages/delta?$select=isRead&$expand=${expand}`);
    const told = [{ id: "Integer 0xe08", value: String(text.length) }];
    expect(begun.json.value[0].singleValueExtendedProperties).toEqual(told);
    tenant.mailboxes.markRead(anna, first);
    deliverHere();
    const { json } = await ask(begun.json["@odata.deltaLink"]);
    expect(json.value.map((item: Record<string, unknown>) => item.singleValueExtendedProperties)).toEqual([
      undefined,
      told,
    ]);
  });

  it("are refused for unknown and for broken ids", async () => {
    const id = deliver("case");
    expect((await ask(`/users/${anna}/messages/${id.toLowerCase()}`)).code).toBe("ErrorInvalidIdMalformed");
    const other = tenant.mailboxes.list()[1]?.id;
    expect((await ask(`/users/${other}/messages/${id}`)).code).toBe("ErrorItemNotFound");
  });

  it("list their attachments", async () => {
    const id = tenant.mailboxes.inventory(anna).find((message) => message.subject.startsWith("All hands"))?.id;
    const { json } = await ask(`/users/${anna}/messages/${id}/attachments`);
    expect(json.value[0]).toMatchObject({
      "@odata.type": "#microsoft.graph.fileAttachment",
      size: 1_048_576,
      isInline: false,
    });
    expect(json.value[1]).toMatchObject({ contentType: "image/png", isInline: true });
  });
});

describe("lists", () => {
  it("give ten at a time, newest first, and go on by $skip", async () => {
    const folder = tenant.mailboxes.createFolder(anna, "Listed");
    for (let n = 0; n < 23; n++)
      tenant.mailboxes.deliver(anna, folder, { eml: eml(`n${n}`), receivedAt: new Date(Date.UTC(2026, 0, 1 + n)) });
    const path = `/users/${anna}/mailFolders/${folder}/messages?$select=subject`;
    const first = await ask(path);
    expect(first.json.value).toHaveLength(10);
    expect(first.json["@odata.nextLink"]).toContain("$skip=10");
    const { values, pages } = await everything(ask, path);
    expect([values.length, pages, values[0]?.subject]).toEqual([23, 3, "n22"]);
    expect((await ask(`${path}&$top=1000`)).json.value).toHaveLength(23);
    expect((await ask(`${path}&$top=1001`)).status).toBe(400);
    const some = await ask(
      `${path}&$filter=receivedDateTime ge 2026-01-20T00:00:00Z&$orderby=receivedDateTime&$count=true`,
    );
    expect([some.json["@odata.count"], some.json.value[0].subject]).toEqual([4, "n19"]);
    expect((await ask(`${path}&$orderby=subject`)).code).toBe("InefficientFilter");
  });

  it("show through search folders what lies elsewhere", async () => {
    const id = deliver("found");
    const search = tenant.mailboxes.folders(anna).find((folder) => folder.path === "/Inbox/Unread in Inbox")?.id;
    const { values } = await everything(
      ask,
      `/users/${anna}/mailFolders/${search}/messages?$select=parentFolderId&$top=1000`,
    );
    const inbox = (await ask(`/users/${anna}/mailFolders/inbox`)).json.id;
    expect(values.find((message) => message.id === id)?.parentFolderId).toBe(inbox);
  });
});

describe("ways out of a folder", () => {
  const folderOf = async (id: string) => {
    const { json } = await ask(`/users/${anna}/messages/${id}?$select=parentFolderId`);
    return tenant.mailboxes.folders(anna).find((folder) => folder.id === json.parentFolderId)?.path;
  };

  it("move keeps the immutable id and answers with the message", async () => {
    const id = deliver("moved");
    const reply = await ask(`/users/${anna}/messages/${id}/move`, {
      method: "POST",
      body: { destinationId: "archive" },
    });
    expect([reply.status, reply.json.id]).toEqual([201, id]);
    expect(await folderOf(id)).toBe("/Archive");
    const nowhere = await ask(`/users/${anna}/messages/${id}/move`, {
      method: "POST",
      body: { destinationId: "clutter" },
    });
    expect(nowhere.code).toBe("ErrorItemNotFound");
    expect((await ask(`/users/${anna}/messages/${id}/move`, { method: "POST", body: {} })).status).toBe(400);
  });

  it("delete puts it into Recoverable Items", async () => {
    const id = deliver("deleted");
    expect((await ask(`/users/${anna}/messages/${id}`, { method: "DELETE" })).status).toBe(204);
    expect(await folderOf(id)).toBe("/Deletions");
  });

  it("permanentDelete sends a message to Purges", async () => {
    const id = deliver("purged");
    expect((await ask(`/users/${anna}/messages/${id}/permanentDelete`, { method: "POST" })).status).toBe(204);
    expect(await folderOf(id)).toBe("/Purges");
  });

  it("changes nothing for the identity that only reads", async () => {
    const id = deliver("safe");
    const reader = asking({ baseUrl: tenant.baseUrl, token: tenant.token });
    for (const [method, tail] of [
      ["DELETE", ""],
      ["POST", "/permanentDelete"],
      ["POST", "/move"],
    ] as const)
      expect((await reader(`/users/${anna}/messages/${id}${tail}`, { method })).code).toBe("ErrorAccessDenied");
    expect(await folderOf(id)).toBe("/Inbox");
  });
});
