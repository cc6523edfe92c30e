// The same chain on real tables, where transactions of several writers really meet.
import { expect, it } from "vitest";
import { systemClock } from "../../../lib/adapters/system/clock.js";
import { systemRandom } from "../../../lib/adapters/system/random.js";
import { auditUseCases } from "../../../lib/audit/use-cases.js";
import { stillTicker } from "../../../lib/core/time.js";
import { silentLog } from "../../../lib/ports/log.js";
import { openAzuriteStorage } from "../../contract/azurite-storage.js";
import { anEvent } from "./a-log.js";

it("makes one chain of what four instances write at once, anchors it, and lists it", async () => {
  const { rows, blobs } = await openAzuriteStorage();
  const deps = { rows, blobs, clock: systemClock, random: systemRandom, ticker: stillTicker, log: silentLog };
  const instances = Array.from({ length: 4 }, () => auditUseCases(deps));
  for (let round = 0; round < 5; round++)
    await Promise.all(
      instances.flatMap((audit, index) => [1, 2, 3].map((number) => audit.record(anEvent(100 * index + number)))),
    );
  const audit = auditUseCases(deps);
  await audit.anchor();
  expect(await audit.check({})).toMatchObject({ intact: true, entries: 60, anchors: 1, last: { seq: 60 } });
  const page = await audit.list({ limit: 25 });
  expect(page.value.map(({ seq }) => seq)).toEqual(Array.from({ length: 25 }, (_, index) => 60 - index));
  const rest = await audit.list({ limit: 100, after: page.next ?? "" });
  expect(rest.value.map(({ seq }) => seq)).toEqual(Array.from({ length: 35 }, (_, index) => 35 - index));
});
