// One request on its way through the tenant, and the state every route works on.

import type { Answer } from "./answer.js";
import type { Counters } from "./counters.js";
import type { SampleDirectory } from "./directory.js";
import type { Faults } from "./faults.js";
import type { Mailbox } from "./mailbox.js";

/** What happens to a message that is deleted through the API: not documented, so it can be chosen (facts/graph.md D.7). */
export type DeletionTarget = "deleteditems" | "recoverableitemsdeletions";

export interface TenantState {
  directory: SampleDirectory;
  faults: Faults;
  counters: Counters;
  now: () => Date;
  /** `http://host:port`, without a slash. */
  origin: string;
  deletionTarget: DeletionTarget;
}

export interface Call {
  state: TenantState;
  /** The values of the template's places, e.g. `user`, `folder`. */
  places: Record<string, string>;
  /** Path after the origin, as the client wrote it. */
  path: string;
  query: URLSearchParams;
  /** `Prefer: IdType="ImmutableId"` was sent. */
  immutableIds: boolean;
  /** `Prefer: odata.maxpagesize`, if sent. */
  maxPageSize: number | undefined;
  eventual: boolean;
  body: unknown;
}

export interface MailboxCall extends Call {
  mailbox: Mailbox;
}

export type Route =
  | { method: string; template: string; scope: "directory"; answer: (call: Call) => Answer }
  | { method: string; template: string; scope: "mailbox"; answer: (call: MailboxCall) => Answer };
