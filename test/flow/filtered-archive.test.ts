// Whatever the filter, whatever happens to the mail, whenever the runs come: the archive holds exactly what a fresh look at
// all messages would have taken at some run, and says of everything seen where it went.
import { expect, it } from "vitest";
import { unaccounted } from "../../lib/core/tally.js";
import { day, hour } from "../../lib/core/time.js";
import { aFilter, wantedNow } from "../build/a-filter.js";
import { aUser, dice } from "../build/a-story.js";
import { aWorld } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

// STORY=17 STORIES=1 tells one story again; STORIES=500 tells many.
const seeds = Array.from({ length: Number(process.env.STORIES ?? 10) }, (_, n) => n + Number(process.env.STORY ?? 1));

it.each(seeds)("story %i", async (seed) => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const box = world.mailbox().id;
  const roll = dice(`filtered ${seed}`);
  world.tenant.faults.set({
    delta: {
      repeatItems: roll.below(2) === 0,
      awayAndBackIsRemoved: roll.below(2) === 0,
      partialReadState: roll.below(3) > 0,
    },
  });
  const filters = [aFilter(roll), aFilter(roll)] as const;
  const profiles = [await world.profile({ filter: filters[0] }), await world.profile({ filter: filters[1] })] as const;
  const wanted = new Set<string>();
  const user = aUser(world.tenant.mailboxes, box, roll);
  const told: string[] = [JSON.stringify(filters)];
  for (let n = 0; n < 8; n++) user.deliver();
  try {
    for (let n = 0; n < 12; n++) {
      for (let act = roll.below(6); act > 0; act--) told.push(user.act());
      world.clock.advance(roll.pick([hour, day, 2 * day, 9 * day]) ?? day);
      const which = roll.below(2) === 0 ? 0 : 1;
      const run = await world.run(profiles[which]);
      told.push(`run ${which}: ${run.status} ${JSON.stringify(run.tally)}`);
      for (const { id, sha256 } of wantedNow(world, box, filters[which])) wanted.add(`${id} ${sha256}`);
      expect(["succeeded", "noChanges"]).toContain(run.status);
      expect(unaccounted(run.tally)).toBe(0);
      const { stored } = await readBack(world.edges.blobs, box);
      expect(stored.map(({ id, sha256 }) => `${id} ${sha256}`).sort()).toEqual([...wanted].sort());
    }
    expect(world.tenant.counters()).toMatchObject({ unknownRoutes: [], concurrencyViolations: 0 });
  } catch (error) {
    throw new Error(`story ${seed}\n${told.join("\n")}`, { cause: error });
  }
});
