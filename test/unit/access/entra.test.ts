import { createRemoteJWKSet, customFetch } from "jose";
import { describe, expect, it } from "vitest";
import { openSignIn } from "../../../lib/access/sign-in.js";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { testStart } from "../../build/a-world.js";
import { accepted, aToken, auth, keys, refusedHeaders } from "./tokens.js";

const clock = stoppedClock(testStart);
const call = (authorization: string | undefined) => ({
  url: "https://archive.example/api/v1/runs",
  headers: new Headers(authorization === undefined ? {} : { authorization }),
});
const signIn = openSignIn(auth, { clock, keys });

it.each(Object.entries(refusedHeaders))("refuses %s", async (name, header) => {
  const refused = signIn(call(header));
  await expect(refused).rejects.toMatchObject({ name: "MailkeepError", code: "unauthenticated" });
  const hasToken = /^Bearer [\w.-]+$/.test(header ?? "");
  await expect(refused, name).rejects.toMatchObject({ reason: hasToken ? "TOKEN_REFUSED" : "TOKEN_MISSING" });
});

it.each(Object.entries(accepted))("lets in %s", async (_, token) => {
  await expect(signIn(call(`Bearer ${token}`))).resolves.toEqual({ subject: "person-1", roles: ["Archive.Admin"] });
});

it.each([
  ["none", undefined, []],
  ["a text", "Archive.Admin", []],
  ["others' roles", ["Archive.Owner", "archive.admin", "User.Read", 7], []],
  ["two", ["Archive.Auditor", "Archive.Reader", "x"], ["Archive.Reader", "Archive.Auditor"]],
])("takes from roles only what it knows: %s", async (_, roles, held) => {
  const caller = await signIn(call(`Bearer ${await aToken({ payload: { roles } })}`));
  expect(caller.roles).toEqual(held);
});

it("accepts an audience that the settings name without api://", async () => {
  const plain = openSignIn({ ...auth, audience: "mailkeep" }, { clock, keys });
  await expect(plain(call(`Bearer ${await aToken()}`))).resolves.toMatchObject({ subject: "person-1" });
});

describe("when the signing keys cannot be had", () => {
  it.each<[string, () => Promise<Response>]>([
    ["no connection", () => Promise.reject(new TypeError("fetch failed"))],
    ["a fault", async () => new Response("", { status: 500 })],
    ["not JSON", async () => new Response("<html>")],
    ["not keys", async () => Response.json({})],
  ])("says so and blames no token: %s", async (_, answer) => {
    const remote = createRemoteJWKSet(new URL("https://keys.example/"), { [customFetch]: answer });
    const away = openSignIn(auth, { clock, keys: remote });
    await expect(away(call(`Bearer ${await aToken()}`))).rejects.toMatchObject({
      code: "unavailable",
      reason: "SIGNING_KEYS_UNAVAILABLE",
    });
  });
});

it("refuses what is valid in a minute and a second", async () => {
  const nbf = Math.floor(testStart.getTime() / 1_000) + 61;
  await expect(signIn(call(`Bearer ${await aToken({ payload: { nbf } })}`))).rejects.toMatchObject({
    reason: "TOKEN_REFUSED",
  });
});
