// A preview says what a run would then do: whom, which folders, what filter and deletion leave and take, and what it costs.
import { expect, it } from "vitest";
import { estimate } from "../../lib/preview/estimate.js";
import { aWorld } from "../build/a-world.js";
import { anApi } from "../unit/http/an-api.js";

const eml = (n: number) => `From: a@contoso.example\r\nSubject: m${n}\r\n\r\nHello ${n}\r\n`;

it("needs a directory, and says which call reads it", async () => {
  await using world = await aWorld();
  const ask = anApi(world.app);
  const { status, json } = await ask("POST", "/profiles/preview", { body: { mailboxes: { mode: "all" } } });
  expect({ status, code: json.code }).toEqual({ status: 409, code: "DIRECTORY_SYNC_REQUIRED" });
  expect(json.fix).toContain("POST /api/v1/directory/sync");
  await ask("POST", "/directory/sync");
  expect((await ask("POST", "/profiles/preview", { body: { mailboxes: { mode: "all" } } })).status).toBe(200);
});

it("names whom the profile chooses, whom it leaves out, and whom nobody knows", async () => {
  await using world = await aWorld({ tenant: { mailboxes: 3 } });
  const ask = anApi(world.app);
  await ask("POST", "/directory/sync");
  const { address } = world.mailbox(1);
  const body = { mailboxes: { mode: "except", mailboxes: [address, "nobody@contoso.example"] } };
  const { json } = await ask("POST", "/profiles/preview", { body });
  expect(json.mailboxes).toMatchObject({ chosen: 2, unresolved: 1 });
  expect(json.excluded).toContainEqual(expect.objectContaining({ address, reason: "EXCEPTED_BY_PROFILE" }));
  expect(json.excluded).toContainEqual(expect.objectContaining({ reason: "GUEST" }));
  expect(json.unresolved).toMatchObject([{ address: "nobody@contoso.example", fatal: true }]);
});

it("counts what the run then archives, and knows what is archived", async () => {
  await using world = await aWorld({ tenant: { mailboxes: 2, messagesPerMailbox: 15 } });
  const ask = anApi(world.app);
  await ask("POST", "/directory/sync");
  const profile = await world.profile();
  const before = (await ask("POST", `/profiles/${profile}/preview`)).json;
  expect(before.firstRun).toMatchObject({ basis: "counted", mailboxes: 2 });
  expect(before.counted.map(({ status }: { status: string }) => status)).toEqual(["counted", "counted"]);
  const run = await world.run(profile);
  expect(before.firstRun.toFetch).toBe(run.tally.stored);
  const after = (await ask("POST", `/profiles/${profile}/preview`)).json;
  expect(after.firstRun.toFetch).toBe(0);
});

it("says what filter and deletion rule make of a sample", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const { id } = world.mailbox();
  for (let n = 0; n < 4; n++)
    world.tenant.mailboxes.deliver(id, "inbox", {
      eml: eml(n),
      isRead: n < 3,
      receivedAt: new Date(n === 0 ? "2025-01-01T00:00:00Z" : "2026-02-20T00:00:00Z"),
    });
  const ask = anApi(world.app);
  await ask("POST", "/directory/sync");
  const body = {
    mailboxes: { mode: "all" },
    filter: { read: "read" },
    deletion: { mode: "afterArchive", olderThanDays: 90, action: "delete" },
  };
  const { json } = await ask("POST", "/profiles/preview", { body });
  expect(json.filter).toMatchObject({
    active: true,
    share: 0.75,
    sampled: { looked: 4, wanted: 3, left: { IS_UNREAD: 1 }, oldEnough: 1 },
  });
  expect(json.firstRun).toMatchObject({ messages: 4, toFetch: 3 });
  expect(json.deletion).toMatchObject({ mode: "afterArchive", dryRun: true, oldEnoughNow: 1, mostInOneRun: 1 });
});

it("names a mailbox that it cannot count, and counts the others", async () => {
  await using world = await aWorld({ tenant: { mailboxes: 2 } });
  const ask = anApi(world.app);
  await ask("POST", "/directory/sync");
  world.tenant.faults.set({ rules: [{ mailbox: world.mailbox(1).id, do: { kind: "forbidden" } }] });
  const { json } = await ask("POST", "/profiles/preview", { body: { mailboxes: { mode: "all" } } });
  const shut = json.counted.find(({ id: one }: { id: string }) => one === world.mailbox(1).id);
  expect(shut).toMatchObject({ status: "notRead", problem: { code: "ErrorAccessDenied" } });
  expect(json.firstRun.basis).toBe("extrapolated");
});

it("reckons by what was measured", () => {
  const two = [
    { messages: 1_000, archived: 0 },
    { messages: 3_000, archived: 1_000 },
  ];
  const all = estimate(two, { chosen: 10, share: 0.5 });
  expect(all).toMatchObject({ basis: "extrapolated", messages: 20_000, toFetch: 7_500 });
  expect(all.graphRequests).toBe(7_500 + 370);
  expect(all.usd.run).toBeGreaterThan(0);
  expect(all.seconds).toBeGreaterThanOrEqual(all.largestMailboxSeconds);
  expect(estimate([], { chosen: 0, share: 1 })).toMatchObject({ basis: "none", toFetch: 0 });
});
