// What the tenant needs to know of a request, wherever it came from.
import type { Fault } from "./faults.js";
import type { TokenRights } from "./rights.js";

/** One request, from the network or from inside a batch. */
export interface Visit {
  method: string;
  /** Path and query as received. */
  url: string;
  header: (name: string) => string | undefined;
  body: () => Promise<unknown>;
  /** Calls back once when the answer has left or its receiver has gone. */
  whenOver: (leave: () => void) => void;
  /** Filled in on the way, for the log. */
  routeName: string;
  mailboxId?: string;
  fault?: Fault | undefined;
  /** What the token carries; undefined for the tokens that may do everything. */
  rights?: TokenRights;
}

export const unknownRoute = "(unknown)";

export function cutUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf("?");
  return mark < 0 ? { path: url, query: "" } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}
