// Lists of folders that never come are waited for once by each speaker, and not at all by one who was told.
import { expect, it } from "vitest";
import { aTenant, json, opened, refuse, type Tenant } from "./a-tenant.js";

const asked = ({ requests }: Tenant) => requests.filter(({ url }) => url.includes("/childFolders")).length;

it("are a gap with a name, and asked for once by whoever opened the mailbox, and by whoever comes after", async () => {
  const tenant = await aTenant((request, response) => {
    if (!request.url?.includes("/childFolders")) json(response, { value: [{ id: "in" }] });
    else if (request.url.includes("includeHiddenFolders")) json(response, { value: [] });
  });
  const { mailbox } = await opened(tenant, { requestTimeoutMs: 50 });
  const first = mailbox();
  const gap = [{ id: "in", belowUnread: { reason: "TIMEOUT" } }];
  expect((await first.folders({ hidden: false })).folders).toMatchObject(gap);
  // One try for each page size.
  expect(asked(tenant)).toBe(3);
  expect((await first.folders({ hidden: false })).folders).toMatchObject(gap);
  const unanswered = first.unanswered();
  expect(unanswered).toEqual([{ parent: "in", hidden: false, reason: "TIMEOUT" }]);
  const second = mailbox({ unanswered });
  expect((await second.folders({ hidden: false })).folders).toMatchObject(gap);
  expect(asked(tenant)).toBe(3);
  expect(second.unanswered()).toEqual(unanswered);
  // With hidden folders it is another question.
  expect((await second.folders({ hidden: true })).folders).toMatchObject([{ id: "in" }]);
  expect(asked(tenant)).toBe(4);
});

it("are not those that are refused, nor those that come", async () => {
  const tenant = await aTenant((request, response) => {
    if (request.url?.includes("/bad/childFolders")) refuse(response, 500, "x");
    else if (request.url?.includes("/childFolders")) json(response, { value: [] });
    else json(response, { value: [{ id: "in" }, { id: "bad" }] });
  });
  const { mailbox } = await opened(tenant);
  const reader = mailbox();
  await reader.folders({ hidden: false });
  expect(reader.unanswered()).toEqual([]);
});

it("include the top level", async () => {
  const tenant = await aTenant((request, response) => {
    if (request.url?.includes("/mailFolders/inbox")) json(response, { id: "in", childFolderCount: 0 });
    else if (request.url?.includes("/mailFolders/msgfolderroot/childFolders"))
      json(response, { value: [{ id: "in", childFolderCount: 0 }] });
  });
  const { mailbox } = await opened(tenant, { requestTimeoutMs: 50 });
  const reader = mailbox();
  expect(await reader.folders({ hidden: false })).toMatchObject({ folders: [{ id: "in" }] });
  const before = tenant.requests.length;
  expect(await reader.folders({ hidden: false })).toMatchObject({ folders: [{ id: "in" }] });
  expect(tenant.requests.length - before).toBe(2);
});
