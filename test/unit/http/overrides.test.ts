// Overrides at the door: what is refused and by which field, what a preview and a test make of them, and how they are kept.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { FolderCount } from "../../../lib/preview/sample.js";
import { aWorld, type World } from "../../build/a-world.js";
import { type Ask, anApi } from "./an-api.js";

let world: World;
let ask: Ask;
beforeAll(async () => {
  world = await aWorld({ tenant: { mailboxes: 3, messagesPerMailbox: 2 } });
  ask = anApi(world.app);
  await ask("POST", "/directory/sync");
});
afterAll(() => world[Symbol.asyncDispose]());

const anna = () => world.mailbox(0);
const ben = () => world.mailbox(1);
/** Another name of the same mailbox. */
const aliasOf = ({ id }: { id: string }) =>
  world.tenant.mailboxes
    .person(id)
    .proxyAddresses.flatMap((address) => (address.startsWith("smtp:") ? [address.slice(5)] : []))[0] ?? "";
const profile = (...overrides: object[]) => ({ name: "Legal", mailboxes: { mode: "all" }, overrides });
const timed = (...mailboxes: string[]) => ({ mailboxes, requestTimeoutSeconds: 60 });
const inbox = { include: ["wellknown:inbox"] };

it.each([
  ["overrides[0].mailboxes[0]", [timed("CONTOSO\\anna")]],
  ["overrides[1].mailboxes[0]", [timed("a@x.example"), timed("A@x.example")]],
  ["overrides[0].deletion.mode", [{ mailboxes: ["a@x.example"], deletion: { mode: "afterArchive" } }]],
  ["overrides[0].folders.include[1]", [{ mailboxes: ["a@x.example"], folders: { include: ["/", "Inbox"] } }]],
  ["overrides[0].filter.sender", [{ mailboxes: ["a@x.example"], filter: { sender: "x" } }]],
  ["overrides[0]", [{ mailboxes: ["a@x.example"] }]],
  ["overrides[0].mailboxes", [{ folders: inbox }]],
  ["overrides", { mailboxes: ["a@x.example"] }],
])("refuses by the name of the field: %s", async (field, overrides) => {
  for (const path of ["/profiles", "/profiles/preview", "/profiles/test"]) {
    const refused = await ask("POST", path, { body: { ...profile(), overrides } });
    expect(refused, path).toMatchObject({ status: 400, json: { code: "INVALID_INPUT", field } });
  }
});

it("refuses two overrides for one mailbox, by whatever names, where the directory knows them", async () => {
  const body = profile(timed(anna().address), timed("nobody@x.example", aliasOf(anna())));
  const refused = await ask("POST", "/profiles", { body });
  expect(refused).toMatchObject({
    status: 400,
    json: { code: "OVERRIDE_CONFLICT", field: "overrides[1].mailboxes[1]", fix: expect.any(String) },
  });
  const created = await ask("POST", "/profiles", { body: profile(timed(anna().address, aliasOf(anna()))) });
  expect(created.status).toBe(201);
  const put = { body, headers: { "if-match": created.headers.get("etag") ?? "" } };
  expect((await ask("PUT", `/profiles/${created.json.id}`, put)).json.code).toBe("OVERRIDE_CONFLICT");
});

it("keeps what it was given, and takes it back only with the version that was read", async () => {
  const created = await ask("POST", "/profiles", { body: profile({ mailboxes: [anna().id], folders: inbox }) });
  const path = `/profiles/${created.json.id}`;
  const read = await ask("GET", path);
  expect(read.json).toEqual(created.json);
  expect(read.json.overrides[0].folders).toMatchObject({ ...inbox, hidden: false });
  const etag = read.headers.get("etag") ?? "";
  const body = { ...read.json, overrides: [...read.json.overrides, timed(ben().id)] };
  const changed = await ask("PUT", path, { body, headers: { "if-match": etag } });
  expect(changed).toMatchObject({ status: 200, json: { overrides: [{}, { requestTimeoutSeconds: 60 }] } });
  expect((await ask("PUT", path, { body: read.json, headers: { "if-match": etag } })).status).toBe(412);
});

it("keeps as many overrides as there may be, and refuses by name what no row holds", async () => {
  const many = Array.from({ length: 200 }, (_, n) => ({
    mailboxes: Array.from({ length: 25 }, (_, m) => `firstname.lastname.${n}.${m}@subsidiary.contoso.example`),
    folders: { include: Array.from({ length: 20 }, (_, f) => `/Projects/Department ${n}/Folder ${f}`) },
  }));
  const created = await ask("POST", "/profiles", { body: profile(...many) });
  expect(created.status).toBe(201);
  expect((await ask("GET", `/profiles/${created.json.id}`)).json).toEqual(created.json);
  const noise = createHash("shake256", { outputLength: 700_000 }).update("noise").digest("base64url");
  const large = Array.from({ length: 5 }, (_, n) => ({
    mailboxes: [`m${n}@x.example`],
    folders: { include: Array.from({ length: 190 }, (_, f) => `/${noise.slice((n * 190 + f) * 900).slice(0, 900)}`) },
  }));
  const refused = await ask("POST", "/profiles", { body: profile(...large) });
  expect(refused).toMatchObject({ status: 413, json: { code: "PROFILE_TOO_LARGE", field: "overrides" } });
});

it("shows before a run what holds for whom, and what is wrong", async () => {
  const body = {
    ...profile(
      { mailboxes: [aliasOf(anna())], folders: inbox, deletion: { mode: "none" } },
      timed("nobody@contoso.example"),
    ),
    mailboxes: { mode: "except", mailboxes: [ben().address] },
    deletion: { mode: "afterArchive", olderThanDays: 0, action: "delete" },
  };
  body.overrides.push(timed(ben().address));
  const { json } = await ask("POST", "/profiles/preview", { body });
  const applied = { index: 0, name: aliasOf(anna()), replaces: ["folders", "deletion"] };
  const chosen = json.chosen.map(({ id, override }: { id: string; override: unknown }) => ({ id, override }));
  expect(chosen).toContainEqual({ id: anna().id, override: applied });
  expect(chosen).toContainEqual({ id: world.mailbox(2).id, override: null });
  expect(json.settings.overrides[0]).toMatchObject({ settings: { folders: inbox, requestTimeoutSeconds: 100 } });
  expect(json.overrides).toMatchObject([
    { mailbox: { id: anna().id, address: anna().address }, problem: null },
    { mailbox: null, problem: { code: "OVERRIDE_MAILBOX_NOT_FOUND" } },
    { mailbox: { id: ben().id }, problem: { code: "OVERRIDE_MAILBOX_NOT_SELECTED" } },
  ]);
  expect(json.problems.map(({ code }: { code: string }) => code)).toEqual([
    "OVERRIDE_MAILBOX_NOT_FOUND",
    "OVERRIDE_MAILBOX_NOT_SELECTED",
  ]);
  const [first, other] = json.counted;
  expect(first).toMatchObject({
    id: anna().id,
    overridden: applied.replaces,
    settings: { deletion: { mode: "none" } },
  });
  const paths = first.folders.flatMap(({ path, chosen: isChosen }: FolderCount) => (isChosen ? [path] : []));
  expect(paths.length).toBeGreaterThan(0);
  expect(paths.filter((path: string) => !`${path}/`.startsWith("/Inbox/"))).toEqual([]);
  expect(first.sampled.oldEnough).toBe(0);
  expect(other).toMatchObject({ overridden: [], settings: { deletion: { mode: "afterArchive" } } });
  expect(json.deletion).toMatchObject({ exempt: 1 });
});

it("foretells no deletion from exempt mailboxes, and none at all while it is not known who is exempt", async () => {
  const deletion = { mode: "afterArchive", olderThanDays: 0, action: "delete" };
  const exempting = async (...mailboxes: string[]) => {
    const overrides = mailboxes.length > 0 ? [{ mailboxes, deletion: { mode: "none" } }] : [];
    const body = { mailboxes: { mode: "only", mailboxes: [anna().id, ben().id] }, deletion, overrides };
    return (await ask("POST", "/profiles/preview", { body })).json.deletion;
  };
  const all = (await exempting()).oldEnoughNow;
  expect(all).toBeGreaterThan(0);
  expect(await exempting(anna().id)).toMatchObject({ exempt: 1, oldEnoughNow: Math.round(all / 2) });
  expect(await exempting(anna().id, ben().id)).toMatchObject({ exempt: 2, oldEnoughNow: 0 });
  const unsure = await exempting("nobody@contoso.example");
  expect(unsure).toMatchObject({
    exempt: 0,
    oldEnoughNow: 0,
    note: expect.stringContaining("nothing is deleted from any mailbox until"),
  });
});

it("tests each mailbox with what holds for it, and names the overrides that hold for nobody", async () => {
  const only = { mode: "only", mailboxes: [anna().address, ben().address] };
  const nothing = { include: ["/No such folder"] };
  const good = { ...profile({ mailboxes: [aliasOf(anna())], folders: nothing }), mailboxes: only };
  const { json } = await ask("POST", "/profiles/test", { body: good });
  const [first, second] = json.mailboxes;
  expect(first).toMatchObject({ id: anna().id, override: { index: 0, name: aliasOf(anna()), replaces: ["folders"] } });
  const probe = (of: { probes: { name: string }[] }, name: string) => of.probes.find((one) => one.name === name);
  expect(probe(first, "folders")).toMatchObject({ status: "failed", code: "FOLDER_NOT_FOUND" });
  expect(second).toMatchObject({ override: null, result: "ok" });
  expect(probe(json, "overrides")).toMatchObject({ status: "ok" });
  const bad = { ...profile(timed("nobody@contoso.example")), mailboxes: only };
  const tested = (await ask("POST", "/profiles/test", { body: bad })).json;
  expect(tested.result).toBe("failed");
  expect(tested.mailboxes.map(({ result }: { result: string }) => result)).toEqual(["ok", "ok"]);
  expect(probe(tested, "overrides")).toMatchObject({
    status: "failed",
    code: "OVERRIDE_MAILBOX_NOT_FOUND",
    fix: expect.any(String),
  });
});

it("shows the settings of a run, and of its mailboxes which override held", async () => {
  const created = await ask("POST", "/profiles", { body: profile({ mailboxes: [anna().address], folders: inbox }) });
  const run = await world.run(created.json.id);
  const settings = await ask("GET", `/runs/${run.id}/settings`);
  expect(settings).toMatchObject({ status: 200, json: { overrides: [{ settings: { folders: inbox } }] } });
  const parts = (await ask("GET", `/runs/${run.id}/mailboxes`)).json.value;
  const applied = parts.map(({ mailbox, override }: { mailbox: string; override: unknown }) => ({ mailbox, override }));
  expect(applied).toContainEqual({
    mailbox: anna().id,
    override: { index: 0, name: anna().address, replaces: ["folders"] },
  });
  expect((await ask("GET", "/runs/r_0000000000000_00000000/settings")).json.code).toBe("RUN_NOT_FOUND");
});
