// Who leaves last looks after the run: of a hundred mailboxes that end beside each other, each would read how all the others stand.
import type { RunId } from "../core/ids.js";

export interface LastOut {
  /** An item of the run begins. */
  enter(run: RunId): void;
  /** It is over; `ended`: its mailbox has ended. Looks if it was the last one at work here and any mailbox has ended meanwhile. */
  leave(run: RunId, ended: boolean): Promise<void>;
}

/** Of one process; other processes look for themselves. */
export function lastOut(look: (run: RunId) => Promise<void>): LastOut {
  const atWork = new Map<RunId, { items: number; ended: boolean }>();
  return {
    enter(run) {
      const now = atWork.get(run) ?? { items: 0, ended: false };
      atWork.set(run, { ...now, items: now.items + 1 });
    },
    async leave(run, ended) {
      const before = atWork.get(run) ?? { items: 1, ended: false };
      const now = { items: before.items - 1, ended: before.ended || ended };
      if (now.items > 0) {
        atWork.set(run, now);
        return;
      }
      atWork.delete(run);
      if (now.ended) await look(run);
    },
  };
}
