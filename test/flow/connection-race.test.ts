// A connection is removed while a profile comes to name it: whoever is first, no profile is left that names nothing.
import { describe, expect, it, onTestFinished } from "vitest";
import { ConnectionInput } from "../../lib/connections/connection.js";
import { findConnection, markLeaving } from "../../lib/connections/repo.js";
import { ConnectionId } from "../../lib/core/ids.js";
import { minute } from "../../lib/core/time.js";
import { ProfileInput } from "../../lib/profiles/profile.js";
import { aWorld } from "../build/a-world.js";
import { justBefore } from "../build/just-before.js";
import { anApi } from "../unit/http/an-api.js";

const id = ConnectionId.parse("Fabrikam");

/** A connection that nobody names yet, and a world in which something may happen just before a row is written. */
async function aPlace() {
  const { just, watched } = justBefore();
  const world = await aWorld({ edges: (edges) => ({ ...edges, rows: watched(edges.rows) }) });
  onTestFinished(() => world[Symbol.asyncDispose]());
  const { connections, profiles } = world.app;
  const identity = { kind: "staticToken", setting: "GRAPH_STATIC_TOKEN" };
  const input = ConnectionInput.parse({
    tenantId: world.tenant.tenantId,
    graphBaseUrl: world.tenant.baseUrl,
    identity,
  });
  const { etag } = await connections.create(id, input);
  return {
    ...{ world, etag, just, input },
    naming: (connection: ConnectionId = id) =>
      ProfileInput.parse({ name: "x", mailboxes: { mode: "all" }, connection }),
    remove: () => connections.remove(id, etag),
    async dangling() {
      const there = new Set<string>((await connections.list()).map((one) => one.id));
      return (await profiles.list()).filter(({ profile }) => !there.has(profile.connection));
    },
    isThere: async () => (await findConnection(world.edges.rows, id)) !== undefined,
  };
}

describe("a connection that is removed", () => {
  it("between a new profile's look and its write takes the profile back", async () => {
    const { world, just, remove, naming, isThere } = await aPlace();
    just("insert", "profiles", remove);
    await expect(world.app.profiles.create(naming())).rejects.toMatchObject({
      ...{ code: "invalid", reason: "CONNECTION_NOT_FOUND", field: "connection" },
    });
    expect(await world.app.profiles.list()).toEqual([]);
    expect(await isThere()).toBe(false);
  });

  it("between a changed profile's look and its write leaves the profile as it was", async () => {
    const { world, just, remove, naming, dangling } = await aPlace();
    const { profile, etag } = await world.app.profiles.create(naming(ConnectionId.parse("default")));
    just("replace", "profiles", remove);
    await expect(world.app.profiles.replace(profile.id, naming(), etag)).rejects.toMatchObject({
      reason: "CONNECTION_NOT_FOUND",
    });
    expect((await world.app.profiles.get(profile.id)).profile).toEqual(profile);
    expect(await dangling()).toEqual([]);
  });

  it.each(["create", "replace"] as const)(
    "is seen by a profile's %s between its last look and its end",
    async (how) => {
      const { world, just, remove, naming, dangling } = await aPlace();
      const { profile, etag } = await world.app.profiles.create(naming(ConnectionId.parse("default")));
      const { create, replace } = world.app.profiles;
      const late: unknown[] = [];
      just("delete", "connections", () =>
        (how === "create" ? create(naming()) : replace(profile.id, naming(), etag)).catch((error: unknown) =>
          late.push(error),
        ),
      );
      await remove();
      expect(late).toMatchObject([{ code: "conflict", reason: "CONNECTION_LEAVING" }]);
      expect((await world.app.profiles.list()).map((stored) => stored.profile)).toEqual([profile]);
      expect(await dangling()).toEqual([]);
    },
  );

  it.each(["create", "replace"] as const)("stays when a profile's %s before its last look names it", async (how) => {
    const { world, just, remove, naming, isThere } = await aPlace();
    const { profile, etag } = await world.app.profiles.create(naming(ConnectionId.parse("default")));
    const { create, replace } = world.app.profiles;
    just("replace", "connections", () => (how === "create" ? create(naming()) : replace(profile.id, naming(), etag)));
    await expect(remove()).rejects.toMatchObject({ code: "conflict", reason: "CONNECTION_IN_USE" });
    expect(await isThere()).toBe(true);
    // Its mark is gone with the wish.
    await world.app.profiles.create(naming());
  });

  it("by somebody who broke off may be named after a minute, and not be removed by him any more", async () => {
    const { world, etag, naming } = await aPlace();
    const { rows } = world.edges;
    const { connection } = (await findConnection(rows, id)) ?? expect.fail("it is not there");
    const mark = await markLeaving(rows, connection, { etag, since: world.clock.now().toISOString() });
    await expect(world.app.profiles.create(naming())).rejects.toMatchObject({ reason: "CONNECTION_LEAVING" });
    world.clock.advance(2 * minute);
    await world.app.profiles.create(naming());
    await expect(
      rows.delete("connections", { partition: "connections", row: id.toLowerCase() }, mark),
    ).rejects.toMatchObject({ code: "precondition-failed" });
  });

  it("by an outdated version keeps what its test has found", async () => {
    const { world, input, etag, remove } = await aPlace();
    await world.app.connections.test(id);
    await world.app.connections.replace(id, { ...input, description: "changed" }, etag);
    await expect(remove()).rejects.toMatchObject({ code: "precondition-failed" });
    expect((await world.app.connections.get(id)).view.bound).toBe(true);
  });

  it("and made anew in other letters is in use by whoever named it before", async () => {
    const { world, just, remove, input, naming } = await aPlace();
    const renamed = ConnectionId.parse("fabriKAM");
    just("insert", "profiles", async () => {
      await remove();
      await world.app.connections.create(renamed, input);
    });
    await world.app.profiles.create(naming());
    const { etag } = await world.app.connections.get(renamed);
    await expect(world.app.connections.remove(renamed, etag)).rejects.toMatchObject({ reason: "CONNECTION_IN_USE" });
  });

  it("at the same moment as a profile names it, over the API, leaves one of the two", async () => {
    const { world, etag, dangling } = await aPlace();
    const ask = anApi(world.app);
    const body = { name: "x", mailboxes: { mode: "all" }, connection: id };
    const [made, removed] = await Promise.all([
      ask("POST", "/profiles", { body }),
      ask("DELETE", `/connections/${id}`, { headers: { "if-match": etag } }),
    ]);
    expect([made.status === 201, removed.status === 204].filter(Boolean).length).toBeLessThanOrEqual(1);
    expect(await dangling()).toEqual([]);
  });
});
