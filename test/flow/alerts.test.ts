// Every alert against what the app really logs: it is raised by its trouble, and by nothing of a good day.
import { describe, expect, it } from "vitest";
import { jsonLog } from "../../lib/adapters/console/log.js";
import { day } from "../../lib/core/time.js";
import type { FaultRule } from "../../lib/local/tenant/faults.js";
import { aWorld, type World } from "../build/a-world.js";
import { readBicep } from "../infra/bicep.js";

const { text } = readBicep("modules/alerts.bicep");
const runEnded = /var runEnded = '(.*)'/.exec(text)?.[1] ?? "";

/** The words that a line must contain, for each alert on something seen. */
const alerts = new Map(
  [
    ...text.matchAll(/name: '([\w-]+)'\n\s+title:[^\n]*\n\s+description:[^\n]*\n\s+severity: \d\n\s+query: '(.*)'/g),
  ].map(([, name = "", query = ""]) => [name, needles(query.replace(/\$\{runEnded\}/, runEnded))]),
);

/** Once out of Bicep's quoting, once out of Kusto's. */
function needles(query: string): string[] {
  const kusto = query.replaceAll("\\\\", "\\");
  return [...kusto.matchAll(/contains "((?:[^"\\]|\\.)*)"/g)].map(([, one = ""]) => one.replaceAll('\\"', '"'));
}

const value = "GET /users/{user}/messages/{message}/$value";
const faults = (world: World, rules: FaultRule[]) => world.tenant.faults.set({ rules });

const troubles: Record<string, (world: World) => Promise<unknown>> = {
  "run-failed": async (world) => {
    faults(world, [
      { route: "GET /users/{user}/mailFolders/{folder}", do: { kind: "forbidden" } },
      { route: "GET /users/{user}/mailFolders", do: { kind: "forbidden" } },
    ]);
    await world.run(await world.profile());
  },
  "run-with-gaps": async (world) => {
    faults(world, [{ route: value, nth: 1, do: { kind: "corrupt" } }]);
    await world.run(await world.profile());
  },
  "quarantine-grows": async (world) => {
    const [bad] = world.wanted(world.mailbox().id);
    faults(world, [{ route: value, message: bad?.id ?? "", do: { kind: "corrupt" } }]);
    await world.run(await world.profile());
  },
  "identity-refused": async (world) => {
    faults(world, [{ do: { kind: "unauthenticated" } }]);
    await world.app.mailboxes.sync().catch(() => {});
  },
  "work-given-up": async (world) => {
    await world.app
      .poison(JSON.stringify({ v: 1, kind: "start-run", run: "r_0000000000000_00000000" }))
      .catch(() => {});
  },
  "verification-finding": async (world) => {
    await world.run(await world.profile());
    const pack = world.edges.blobs.names().find((name) => name.includes("/packs/")) ?? "";
    world.edges.blobs.tamper(pack, Buffer.from("not what was stored"));
    await world.app.verify.request({ depth: "full" });
    await world.settle();
  },
  "audit-broken": async (world) => {
    await goodDay(world);
    await world.edges.rows.delete("audit", { partition: "log", row: String(999_999_999_999 - 2) });
    world.clock.advance(day);
    await world.app.nightly();
  },
};

/** Runs, schedules, a night: nothing that anybody must know. */
async function goodDay(world: World): Promise<void> {
  await world.run(await world.profile({ schedule: { cron: "0 0 1 * * *", timeZone: "Etc/UTC" } }));
  world.clock.advance(day);
  await world.app.schedule();
  await world.settle();
  await world.app.nightly();
  await world.settle();
  await world.app.tidy();
}

async function lines(live: (world: World) => Promise<unknown>): Promise<string[]> {
  const said: string[] = [];
  const log = jsonLog(
    (_, line) => said.push(line),
    () => new Date(0),
  );
  await using world = await aWorld({ log });
  await live(world);
  return said;
}

const raises = (name: string, said: string[]) =>
  said.some((line) => (alerts.get(name) ?? []).every((needle) => line.includes(needle)));

describe("alerts", () => {
  it("are found in the Bicep file", () => {
    expect([...alerts.keys()]).toEqual(expect.arrayContaining(Object.keys(troubles)));
    for (const [name, words] of alerts) expect(words.length, name).toBeGreaterThan(0);
  });

  it.each(Object.entries(troubles))("%s is raised by its trouble", async (name, trouble) => {
    expect(raises(name, await lines(trouble))).toBe(true);
  });

  it("are not raised by a good day, and the good day is what no-run counts", async () => {
    const said = await lines(goodDay);
    expect([...alerts.keys()].filter((name) => raises(name, said))).toEqual([]);
    expect(said.filter((line) => needles(runEnded).every((needle) => line.includes(needle)))).toHaveLength(2);
  });
});
