// The complete table: every route with every kind of caller. Written out by hand, so that a change of rights is seen.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Route } from "../../../lib/api/route.js";
import { routes } from "../../../lib/api/routes.js";
import { aWorld, type World } from "../../build/a-world.js";
import { auth, keys, refusedHeaders, tokenFor } from "../access/tokens.js";
import { type Ask, anApi } from "./an-api.js";
import { wellFormed } from "./requests.js";

const [admin, operator, reader, auditor] = ["Archive.Admin", "Archive.Operator", "Archive.Reader", "Archive.Auditor"];
const everybody = [admin, operator, reader, auditor];

const whoMay: Record<string, (string | undefined)[]> = {
  getHealth: everybody,
  getDocument: everybody,
  listAudit: [admin, auditor],
  checkAudit: [admin, auditor],
  getAuditVersion: [admin, auditor],
  listConnections: everybody,
  getConnection: everybody,
  putConnection: [admin],
  deleteConnection: [admin],
  testConnection: [admin, operator],
  refreshConnection: [admin, operator],
  listErrors: everybody,
  getError: everybody,
  testDraft: [admin, operator],
  testProfile: [admin, operator],
  previewDraft: [admin, operator],
  previewProfile: [admin, operator],
  getMailboxAccess: everybody,
  getBlastRadius: everybody,
  listMailboxes: everybody,
  getMailbox: everybody,
  listFolders: everybody,
  listQuarantine: everybody,
  syncDirectory: [admin, operator],
  listMessages: [admin, reader],
  getMessage: [admin, reader],
  getEml: [admin, reader],
  listAttachments: [admin, reader],
  getAttachment: [admin, reader],
  createExport: [admin, reader],
  listExports: [admin, reader],
  getExport: [admin, reader],
  getExportContent: [admin, reader],
  deleteExport: [admin, reader],
  cancelExport: [admin, reader],
  createHead: [admin, operator],
  startHousekeeping: [admin],
  listHousekeeping: everybody,
  getHousekeeping: everybody,
  listHousekeepingItems: everybody,
  cancelHousekeeping: [admin],
  listHeads: everybody,
  getHead: everybody,
  getHeadContent: everybody,
  getHeadMailboxes: everybody,
  listProfiles: everybody,
  getProfile: everybody,
  createProfile: [admin],
  replaceProfile: [admin],
  deleteProfile: [admin],
  runProfile: [admin, operator],
  listRuns: everybody,
  getRun: everybody,
  listMailboxRuns: everybody,
  getRunSettings: everybody,
  listRunDeletions: everybody,
  cancelRun: [admin, operator],
  listSchedules: everybody,
  getSchedule: everybody,
  createSchedule: [admin],
  replaceSchedule: [admin],
  deleteSchedule: [admin],
  search: [admin, reader],
  startVerification: [admin, operator],
  getVerification: everybody,
  listMailboxVerifications: everybody,
  cancelVerification: [admin, operator],
  getProof: everybody,
};

let world: World;
let ask: Ask;
beforeAll(async () => {
  world = await aWorld();
  ask = anApi(world.app, { auth, keys });
});
afterAll(() => world[Symbol.asyncDispose]());

const request = (route: Route, authorization: string | undefined) => wellFormed(ask, route, authorization);

it("knows every route there is", () => {
  expect(Object.keys(whoMay).sort()).toEqual(Object.keys(routes).sort());
});

describe.each(Object.entries<Route>(routes))("%s", (name, route) => {
  const may = whoMay[name] ?? [];

  it.each(Object.entries(refusedHeaders))("refuses %s", async (_, authorization) => {
    const answer = await request(route, authorization);
    expect(answer).toMatchObject({ status: 401, json: { code: expect.stringMatching(/^TOKEN_(MISSING|REFUSED)$/) } });
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
  });

  it.each(everybody)("knows what %s may", async (role) => {
    const answer = await request(route, `Bearer ${await tokenFor(role ?? "")}`);
    if (may.includes(role)) return expect([200, 201, 202, 404]).toContain(answer.status);
    expect(answer).toMatchObject({ status: 403, json: { code: "ROLE_REQUIRED" } });
    for (const sufficient of may) expect(answer.json.detail).toContain(sufficient);
  });

  it.each([[[]], [["Archive.Owner"]]])("refuses the roles %j", async (roles) => {
    const answer = await request(route, `Bearer ${await tokenFor(...roles)}`);
    expect(answer).toMatchObject({ status: 403, json: { code: "ROLE_REQUIRED" } });
  });
});

it("has changed nothing for those it refused", async () => {
  const before = world.edges.rows.count("profiles");
  for (const roles of [[], [operator], [reader], [auditor]])
    await request(routes.createProfile, `Bearer ${await tokenFor(...roles.map(String))}`);
  expect(world.edges.rows.count("profiles")).toBe(before);
});

it("asks who is there before it says what there is", async () => {
  expect((await ask("GET", "/nothing/here")).status).toBe(401);
  const bad = await ask("POST", "/profiles", { body: "{bad" });
  expect(bad.status).toBe(401);
});
