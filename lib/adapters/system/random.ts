// The machine's own randomness.
import { randomBytes, randomFillSync } from "node:crypto";
import type { Random } from "../../core/ids.js";

/** Taken from the system for some 250 requests at once: asking it for 16 bytes each time took 2 % of a busy main thread. */
const pool = Buffer.alloc(4096);
let given = pool.length;

export const systemRandom: Random = {
  hex(digits) {
    const bytes = Math.ceil(digits / 2);
    if (bytes > pool.length) return randomBytes(bytes).toString("hex").slice(0, digits);
    if (given + bytes > pool.length) {
      randomFillSync(pool);
      given = 0;
    }
    given += bytes;
    return pool.toString("hex", given - bytes, given).slice(0, digits);
  },
  fraction: () => Math.random(),
};
