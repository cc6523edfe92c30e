// How large packs may grow: all mailboxes that one process archives fill their packs from one budget of memory.
import { packLimits } from "../pack/writer.js";

const mib = 1024 * 1024;

/**
 * Of all packs being filled, in bytes. A sealed pack that waits for its commit is as large again, so packs take twice as
 * much at the most; sixteen mailboxes (decision 2) stay under 512 MiB with it (test/bench/README.md).
 */
const budgetBytes = 24 * mib;

/** Smaller packs would cost more in blob writes than their memory is worth: two writes for some two hundred messages. */
const leastBytes = 1.5 * mib;

export interface PackMemory {
  /** A mailbox begins to fill packs; what is returned says that it has ended. */
  enter(): () => void;
  /** How large a pack may grow now, in bytes: an even share of the budget, at most the target of the format. */
  share(): number;
}

export function packMemory(): PackMemory {
  let mailboxes = 0;
  return {
    enter() {
      mailboxes++;
      return () => {
        mailboxes--;
      };
    },
    share: () => Math.min(packLimits.targetBytes, Math.max(leastBytes, budgetBytes / Math.max(mailboxes, 1))),
  };
}
