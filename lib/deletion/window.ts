// The catalog in windows: so many candidates at a time, and how many others were met on the way.
import type { RowStore } from "../ports/row-store.js";
import type { KeptCause } from "../runs/deletion-counts.js";
import { type Candidate, type Circumstances, lookThrough } from "./candidates.js";

const windowCandidates = 100;
const windowRows = 5_000;

/** So many are proved, asked about and deleted together: the ends of one record of intents. */
const chunkSize = 20;

export interface Window {
  kept: Map<KeptCause, number>;
  candidates: Candidate[];
  /** The last row looked at; undefined when it was the last of all. */
  end: string | undefined;
}

export async function nextWindow(rows: RowStore, around: Circumstances, after: string | undefined): Promise<Window> {
  const window: Window = { kept: new Map(), candidates: [], end: undefined };
  let seen = 0;
  for await (const looked of lookThrough(rows, around, after)) {
    if (window.candidates.length >= windowCandidates || seen++ >= windowRows) return window;
    window.end = looked.at;
    if (looked.kind === "candidate") window.candidates.push(looked.candidate);
    else window.kept.set(looked.cause, (window.kept.get(looked.cause) ?? 0) + 1);
  }
  return { ...window, end: undefined };
}

/** By their records, so that a pack is read once. */
export function* chunks(candidates: Candidate[]): Iterable<Candidate[]> {
  const inOrder = [...candidates].sort((a, b) => a.seq - b.seq);
  for (let at = 0; at < inOrder.length; at += chunkSize) yield inOrder.slice(at, at + chunkSize);
}
