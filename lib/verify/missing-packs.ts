// The records whose pack was not there, remembered until a later record may say what took its place: in little room, because
// a mailbox may have had tens of thousands of small packs.
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { ScanState } from "./verification.js";

type Missing = Pick<ScanState, "missing">;

/** So much fits the row of a part beside everything else; enough for tens of thousands of packs. */
const longest = 120_000;

/** Ascending. */
export function missingIn({ missing }: Missing): number[] {
  if (missing === undefined) return [];
  let seq = 0;
  const text = inflateRawSync(Buffer.from(missing, "base64"), { maxOutputLength: 16 * 1024 * 1024 }).toString("latin1");
  return text.split(" ").map((step) => {
    seq += Number(step);
    return seq;
  });
}

/** False when there is no room for one more. */
export function addMissing(state: Missing, seq: number): boolean {
  const before = missingIn(state);
  if (before.includes(seq)) return true;
  const next = encoded([...before, seq]);
  if (next !== undefined && next.length > longest) return false;
  put(state, next);
  return true;
}

export function dropMissing(state: Missing, seqs: ReadonlySet<number>): void {
  put(state, encoded(missingIn(state).filter((seq) => !seqs.has(seq))));
}

function put(state: Missing, missing: string | undefined): void {
  if (missing === undefined) delete state.missing;
  else state.missing = missing;
}

/** Steps from one to the next, which are small numbers and much alike. */
function encoded(seqs: number[]): string | undefined {
  if (seqs.length === 0) return undefined;
  const steps = seqs.map((seq, index) => seq - (seqs[index - 1] ?? 0));
  return deflateRawSync(Buffer.from(steps.join(" "), "latin1")).toString("base64");
}
