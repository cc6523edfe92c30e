import { describe, expect, it } from "vitest";
import { credentialToken, rolesIn } from "../../../../lib/adapters/graph/token.js";
import { stoppedClock } from "../../../../lib/adapters/memory/clock.js";
import { minute } from "../../../../lib/core/time.js";

const scope = "https://graph.microsoft.com/.default";

function credential() {
  const clock = stoppedClock(new Date("2026-11-21T10:00:00Z"));
  const state = { asked: [] as string[], fail: undefined as Error | undefined };
  const getToken = async (asked: string) => {
    state.asked.push(asked);
    if (state.fail !== undefined) throw state.fail;
    return { token: `t${state.asked.length}`, expiresOnTimestamp: clock.now().getTime() + 60 * minute };
  };
  return { clock, state, tokens: credentialToken({ getToken }, { scope, clock }) };
}

describe("tokens from a credential", () => {
  it("are cached until shortly before they expire", async () => {
    const { clock, state, tokens } = credential();
    expect(await tokens.get()).toBe("t1");
    clock.advance(54 * minute);
    expect(await tokens.get()).toBe("t1");
    clock.advance(2 * minute);
    expect(await tokens.get()).toBe("t2");
    expect(state.asked).toEqual([scope, scope]);
  });

  it("are fetched once for many who ask at once", async () => {
    const { state, tokens } = credential();
    expect(await Promise.all([tokens.get(), tokens.get(), tokens.get({ fresh: true })])).toEqual(["t1", "t1", "t1"]);
    expect(state.asked).toHaveLength(1);
  });

  it("are fetched anew when asked for a fresh one", async () => {
    const { tokens } = credential();
    await tokens.get();
    expect(await tokens.get({ fresh: true })).toBe("t2");
    expect(await tokens.get()).toBe("t2");
  });

  it("stay in use to their end while the token endpoint is down", async () => {
    const { clock, state, tokens } = credential();
    await tokens.get();
    state.fail = Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" });
    clock.advance(57 * minute);
    expect(await tokens.get()).toBe("t1");
    await expect(tokens.get({ fresh: true })).rejects.toMatchObject({ code: "unavailable" });
    clock.advance(3 * minute);
    await expect(tokens.get()).rejects.toMatchObject({ code: "unavailable" });
  });

  it("are refused with Entra's code when the identity is", async () => {
    const { state, tokens } = credential();
    state.fail = Object.assign(new Error("AADSTS7000222: The provided client secret keys are expired."), {
      name: "AuthenticationError",
      statusCode: 401,
    });
    await expect(tokens.get()).rejects.toMatchObject({ code: "unauthenticated", reason: "AADSTS7000222" });
    state.fail = Object.assign(new Error("no identity here"), { name: "CredentialUnavailableError" });
    await expect(tokens.get()).rejects.toMatchObject({ code: "unauthenticated" });
  });
});

describe("the roles in a token", () => {
  const jwt = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`;
  it("are read, and unknown when the token does not say", () => {
    expect(rolesIn(jwt({ roles: ["Mail.Read", "User.Read.All"] }))).toEqual(["Mail.Read", "User.Read.All"]);
    expect(rolesIn(jwt({}))).toBeUndefined();
    expect(rolesIn("opaque")).toBeUndefined();
    expect(rolesIn("a.b.c")).toBeUndefined();
  });
});
