// Pure: what a connection is: untested, bound, or failing since some time.
import type { ConnectionState } from "./repo.js";
import type { ProbeName } from "./test-result.js";

/** What a test met that will not pass by itself. */
export interface Failing {
  /** Of the definition that was tested. */
  fingerprint: string;
  /** One that passes again says that it is over. */
  probe: ProbeName;
  code: string;
  message: string;
  /** ISO 8601; of the first test that failed so. */
  since: string;
}

/**
 * untested  its test has not passed as it is now: nothing is done through it
 * bound     its last test that said anything has passed
 * failing   it was bound, and then refused for good; each run begins with its test, which binds it again
 */
export type Standing = "untested" | "bound" | "failing";

/** `print` is empty for the connection of the settings, which needs no test to be used. */
export function standingOf(state: ConnectionState, print: string): Standing {
  if (print !== "" && state.passed?.fingerprint !== print) return "untested";
  return failingNow(state, print) === undefined ? "bound" : "failing";
}

export const isBound = (state: ConnectionState, print: string): boolean => standingOf(state, print) === "bound";

/** A definition that never passed is untested, whatever its tests met. */
export function failingNow({ failing, passed }: ConnectionState, print: string): Failing | undefined {
  if (print !== "" && passed?.fingerprint !== print) return undefined;
  return failing?.fingerprint === print ? failing : undefined;
}
