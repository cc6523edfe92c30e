// Object ids are GUIDs: whoever writes one in upper case means the same mailbox, wherever a request may name one.
import { afterAll, beforeAll, expect, it } from "vitest";
import { AnyMailboxId, MailboxId } from "../../../lib/core/ids.js";
import { aWorld, type World } from "../../build/a-world.js";
import { type Ask, anApi } from "./an-api.js";
import { routes, wellFormed } from "./requests.js";

let world: World;
let ask: Ask;
let id: string;
let upper: string;
let key: string;
beforeAll(async () => {
  world = await aWorld();
  await world.run(await world.profile());
  ask = anApi(world.app);
  id = world.mailbox().id;
  upper = id.toUpperCase();
  key = (await ask("GET", `/mailboxes/${id}/messages`)).json.value[0].key;
});
afterAll(() => world[Symbol.asyncDispose]());

it("is an id that has a case", () => expect(upper).not.toBe(id));

const ofMailboxes = Object.values(routes).filter(({ path }) => path.startsWith("/mailboxes/{id}"));
it.each(ofMailboxes.map((route) => [`${route.method} ${route.path}`, route] as const))(
  "%s answers the same",
  async (_, route) => {
    const plain = await wellFormed(ask, route, undefined, { id, key });
    const loud = await wellFormed(ask, route, undefined, { id: upper, key });
    // The newest message has no attachment.
    expect(plain.status).toBe(route.path.endsWith("/attachments/{number}") ? 404 : 200);
    expect(loud.status).toBe(plain.status);
    if (plain.status === 200 && plain.json?.checkedAt === undefined) expect(loud.bytes).toEqual(plain.bytes);
  },
);

it("names the mailbox in bodies and in a search", async () => {
  const both = [id, upper];
  const exported = await ask("POST", "/exports", { body: { format: "mbox", mailboxes: both } });
  expect(exported.status).toBe(202);
  const verified = await ask("POST", "/verify", { body: { mailboxes: [upper] } });
  expect(verified.status).toBe(202);
  await world.settle();
  expect((await ask("GET", `/exports/${exported.json.id}`)).json).toMatchObject({ status: "succeeded" });
  expect((await ask("GET", `/verify/${verified.json.id}/mailboxes`)).json.value).toMatchObject([
    { mailbox: id, status: "succeeded" },
  ]);
  const plan = await ask("POST", "/housekeeping", { body: { kind: "regrow", mailbox: upper } });
  expect(plan.status).toBe(202);
  const found = await Promise.all(both.map((name) => ask("GET", `/search?q=mailbox:${name}&limit=5`)));
  expect(found[1]?.json.value).toEqual(found[0]?.json.value);
  expect(found[1]?.json.value).not.toEqual([]);
});

it("names the mailbox in profiles, their tests and the audit", async () => {
  const run = await world.run(await world.profile({ mailboxes: { mode: "single", mailboxes: [upper] } }));
  expect(await world.parts(run.id)).toMatchObject([{ mailbox: id, status: "noChanges" }]);
  const draft = { mailboxes: { mode: "single", mailboxes: [upper] } };
  const tested = await ask("POST", "/profiles/test", { body: draft });
  expect(tested.json.mailboxes).toMatchObject([{ asked: upper, result: "ok" }]);
  await ask("GET", `/mailboxes/${upper}/messages/${key}`);
  const read = await Promise.all([id, upper].map((name) => ask("GET", `/audit?object=mailboxes/${name}`)));
  expect(read[0]?.json.value).not.toEqual([]);
  expect(read[1]?.json.value).toEqual(read[0]?.json.value);
});

it("leaves an id that is no GUID as it is", () => {
  expect(AnyMailboxId.parse("MailboxA")).toBe("MailboxA");
  expect(MailboxId.parse(upper)).toBe(upper);
});
