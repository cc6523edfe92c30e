// One work item from its beginning to its end, in the log: its ids on every line, and what it cost when it is over.
import { measured } from "./core/scope.js";
import type { Clock } from "./core/time.js";
import type { Log, LogFields } from "./ports/log.js";
import type { WorkItem } from "./work/item.js";

/** Its kind and ids, for the log. */
export const workNamed = ({ v: _, kind, ...ids }: WorkItem): LogFields => ({ work: kind, ...ids });

export function measureWork(item: WorkItem, work: () => Promise<void>, { log, clock }: { log: Log; clock: Clock }) {
  const began = clock.monotonicMs();
  return measured(workNamed(item), work, (counts) => {
    const sums: LogFields = { ms: Math.round(clock.monotonicMs() - began) };
    for (const [name, value] of counts) {
      const [, route, outcome] = /^graph (.+) (\w+)$/.exec(name) ?? [];
      if (route === undefined) sums[name] = value;
      else log.info("graph requests", { route, outcome, count: value });
    }
    log.info("work measured", sums);
    const messages = counts.get("newInQuarantine") ?? 0;
    if (messages > 0) log.warn("quarantine grew", { messages });
  });
}
