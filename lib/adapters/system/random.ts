// The machine's own randomness.
import { randomBytes } from "node:crypto";
import type { Random } from "../../core/ids.js";

export const systemRandom: Random = {
  hex: (digits) =>
    randomBytes(Math.ceil(digits / 2))
      .toString("hex")
      .slice(0, digits),
  fraction: () => Math.random(),
};
