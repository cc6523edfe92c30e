// One work item from its beginning to its end, in the log and where it is wished in OpenTelemetry: its ids on every line,
// and what it cost when it is over.
import { measured, scopeFields } from "./core/scope.js";
import type { Clock } from "./core/time.js";
import type { Log, LogFields } from "./ports/log.js";
import type { Telemetry } from "./ports/telemetry.js";
import type { WorkItem } from "./work/item.js";

/** Its kind and ids, for the log. */
export const workNamed = ({ v: _, kind, ...ids }: WorkItem): LogFields => ({ work: kind, ...ids });

interface Deps {
  log: Log;
  clock: Clock;
  telemetry?: Telemetry | undefined;
}

export async function measureWork(item: WorkItem, work: () => Promise<void>, deps: Deps): Promise<void> {
  const { log, clock } = deps;
  const began = clock.monotonicMs();
  let failed = true;
  const whole = async () => {
    await work();
    failed = false;
  };
  await measured(workNamed(item), whole, (counts) => {
    const ms = Math.round(clock.monotonicMs() - began);
    const sums: LogFields = { ms };
    for (const [name, value] of counts) {
      const [, route, outcome] = graphCount(name);
      if (route === undefined) sums[name] = value;
      else log.info("graph requests", { route, outcome, count: value });
    }
    log.info("work measured", sums);
    if (deps.telemetry !== undefined) tell(deps.telemetry, item, { ms, failed, counts });
    const messages = counts.get("newInQuarantine") ?? 0;
    if (messages > 0) log.warn("quarantine grew", { messages });
  });
}

const graphCount = (name: string): string[] => /^graph (.+) (\w+)$/.exec(name) ?? [];

/** Sums are kept apart by kind of work and outcome only: one more row for each mailbox would be as many rows as mailboxes. */
function tell(
  telemetry: Telemetry,
  { v: _, kind: work, ...ids }: WorkItem,
  { ms, failed, counts }: { ms: number; failed: boolean; counts: ReadonlyMap<string, number> },
): void {
  const numbers = Object.fromEntries([...counts].filter(([name]) => graphCount(name).length === 0));
  const fields = { ...scopeFields(), ...ids, ...numbers, work };
  telemetry.ended({ name: work, kind: "consumer", ms, failed, fields });
  telemetry.add("mailkeep.work.items", 1, { work, result: failed ? "failed" : "done" });
  telemetry.add("mailkeep.work.time", ms, { work });
  for (const name of ["messages", "bytes", "commits", "quarantined"] as const)
    if (counts.has(name)) telemetry.add(`mailkeep.${name}`, counts.get(name) ?? 0, { work });
  if (counts.has("throttledMs")) telemetry.add("mailkeep.graph.throttled.time", counts.get("throttledMs") ?? 0, {});
  for (const [name, value] of counts) {
    const [, , outcome] = graphCount(name);
    if (outcome !== undefined) telemetry.add("mailkeep.graph.requests", value, { outcome });
  }
}
