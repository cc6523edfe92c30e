// Randomness that is the same in every run of a test.
import { createHash } from "node:crypto";
import type { Random } from "../../lib/core/ids.js";

export function repeatableRandom(seed: string): Random {
  let calls = 0;
  const next = () => createHash("sha256").update(`${seed}/${calls++}`).digest("hex");
  return {
    hex(digits) {
      let text = "";
      while (text.length < digits) text += next();
      return text.slice(0, digits);
    },
    fraction: () => Number.parseInt(next().slice(0, 12), 16) / 2 ** 48,
  };
}
