/**
 * One thing that somebody did, tried, or was refused. It holds ids and names of this program alone: no address, no
 * subject, no words of a search, nothing of a token.
 */
export interface AuditEvent {
  kind: "read" | "change" | "refused";
  /**
   * The object id of the person or program; `local` on a development machine; `schedule` and `rule` for what mailkeep does
   * by itself; `nobody` where the token was refused.
   */
  subject: string;
  /** The name of the route, e.g. `getEml`. */
  action: string;
  /** The path with its ids: `mailboxes/{id}/messages/{key}/eml`. */
  object: string;
  /** `asked` stands before a change is made; one without a later `done` or `failed` was cut short by a crash. */
  outcome: "asked" | "done" | "failed" | "refused";
  /** Joins the entries of one request with each other and with the log. */
  request: string;
  /** The code of the problem, for what failed or was refused. */
  code?: string;
  /** What came into being: `runs/{id}`. */
  result?: string;
  /** Names of the fields a caller chose by: `folder,q`. Never their values. */
  fields?: string;
  /** SHA-256 of what was changed as it was before, and is after: `keep` gave it, and the text is kept under it. */
  before?: string;
  after?: string;
  /** For how many refusals this one stands, where there were too many to write each. */
  count?: number;
}

/**
 * Append-only. `record` resolves when the entry is durable and throws `unavailable` (AUDIT_UNAVAILABLE) when it may not
 * be: then nothing may leave the house. `refused` bounds what strangers can make us write and never throws.
 */
export interface AuditTrail {
  record(event: AuditEvent): Promise<void>;
  refused(event: AuditEvent): Promise<void>;
  /** Writes that a change is asked for, makes it, and writes what came of it. */
  change<T>(event: AuditChange, make: () => Promise<T>, made?: (result: T) => AuditMade): Promise<T>;
  /** Keeps what is about to be changed, and returns its hash. @throws unavailable (AUDIT_UNAVAILABLE) */
  keep(body: unknown): Promise<string>;
}

export type AuditChange = Omit<AuditEvent, "kind" | "outcome" | "code" | "result" | "after" | "count">;

/** What came of a change: what came into being, and what was changed as it is now. */
export interface AuditMade {
  result?: string;
  after?: unknown;
}
