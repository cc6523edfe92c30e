// Repeatable randomness: the same keys give the same dice, so a tenant is the same for the same seed.

export interface Dice {
  /** From 0 (inclusive) to 1 (exclusive). */
  fraction(): number;
  /** A whole number from 0 to `below` - 1. */
  int(below: number): number;
  pick<T>(list: readonly T[]): T;
  chance(probability: number): boolean;
  hex(digits: number): string;
}

/** 32 bits of a text; good enough to spread seeds, not a cryptographic hash. */
export function hash32(text: string, start = 0x811c9dc5): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const hexPairs = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));

/** Dice for a list of keys (mulberry32). */
export function dice(...keys: (string | number)[]): Dice {
  let state = hash32(keys.join("\u0000"));
  const fraction = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const int = (below: number) => Math.floor(fraction() * below);
  return {
    fraction,
    int,
    pick: <T>(list: readonly T[]): T => {
      const chosen = list[int(list.length)];
      if (chosen === undefined) throw new RangeError("cannot pick from an empty list");
      return chosen;
    },
    chance: (probability) => fraction() < probability,
    hex: (digits) => {
      let text = "";
      while (text.length < digits) text += hexPairs[int(256)];
      return text.slice(0, digits);
    },
  };
}

/** A GUID in the usual spelling. */
export function guid(source: Dice): string {
  const h = source.hex(32);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`;
}
