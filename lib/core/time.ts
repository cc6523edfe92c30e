// Time arrives as an argument: nobody but an adapter asks the machine for it.

export interface Clock {
  now(): Date;
  /** Milliseconds that never jump back; only differences mean anything. */
  monotonicMs(): number;
  /** Waits; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Calls back at intervals until stopped; in tests with a stopped clock it never does. */
export interface Ticker {
  every(ms: number, tick: () => void): () => void;
}

export const stillTicker: Ticker = { every: () => () => {} };
