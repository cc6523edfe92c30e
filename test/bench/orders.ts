// What the bench says to the measured process and what that answers.
import type { RunView } from "../../lib/runs/view.js";
import type { Counts } from "./meter.js";

export interface ProductOptions {
  storage: string;
  /** Blobs and rows in memory, at Azure's latency; the queue stays where it is. */
  slowMemory: boolean;
  graph: { baseUrl: string; token: string };
  /** Work items taken from the queue beside each other. */
  atOnce: number;
}

export type Order = { kind: "run" } | { kind: "sizes" } | { kind: "read"; what: ReadWhat };

/** `verify`: everything read back. Otherwise an export of everything in that format. */
export type ReadWhat = "verify" | "eml-zip" | "mbox" | "bagit";

/** Everything archived, read once. */
export interface ReadMeasure {
  kind: "read";
  status: string;
  messages: number;
  wallMs: number;
  cpuMs: number;
  /** The largest resident set while it was read, looked at ten times a second, in bytes. */
  peakRss: number;
  storage: Counts;
}

/** One run, from the first mailbox's work item to the end of the last one. */
export interface RunMeasure {
  kind: "run";
  run: RunView;
  /** Epoch milliseconds. */
  began: number;
  ended: number;
  wallMs: number;
  /** How long requests to Graph were in flight, those at once counted each for itself. */
  requestMs: number;
  /** User and system time of the whole process: its thread pool and garbage collector included. */
  cpuMs: number;
  /** The part of it that the one thread of JavaScript took: it bounds what a process can do. */
  mainCpuMs: number;
  /** The process's largest resident set so far, before and after, in bytes. */
  peakRssBefore: number;
  peakRss: number;
  peakHeap: { heap: number; buffers: number };
  storage: Counts;
}

/** What lies in the archive. */
export interface Sizes {
  kind: "sizes";
  packs: number;
  ledger: number;
  attachments: number;
  attachmentBlobs: number;
}

export type Reply = { kind: "ready" } | RunMeasure | ReadMeasure | Sizes | { kind: "failed"; message: string };
