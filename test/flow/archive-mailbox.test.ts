// The main job, end to end: what is in the mailbox is in the archive, once, byte for byte.
import { expect, it } from "vitest";
import { unaccounted } from "../../lib/core/tally.js";
import { aWorld, byId } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

it("archives every message once, byte for byte", async () => {
  await using world = await aWorld();
  const run = await world.run(await world.profile());
  const { id } = world.mailbox();
  const archive = await readBack(world.edges.blobs, id);
  const parts = await world.parts(run.id);
  expect(parts.find(({ mailbox }) => mailbox === id)).toMatchObject({ status: "succeeded", problems: [] });
  expect(archive.stored.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(id));
  expect(run.status).toBe("succeeded");
  expect(run.tally.stored).toBe(world.wanted(id).length);
  expect(unaccounted(run.tally)).toBe(0);
  expect(world.tenant.counters().concurrencyViolations).toBe(0);
});

it("says noChanges and fetches no mail when nothing is new", async () => {
  await using world = await aWorld();
  const profile = await world.profile();
  await world.run(profile);
  world.tenant.resetCounters();
  const second = await world.run(profile);
  expect(second.status).toBe("noChanges");
  expect(world.tenant.requests.filter(({ route }) => route.endsWith("$value"))).toEqual([]);
});
