// One error class with a closed list of codes. The lowest layer translates what it met into one of these;
// nobody above an adapter reads a vendor's status.

/**
 * throttled            wait `retryAfterMs`, then go on
 * unavailable          a transient fault that outlived its retries
 * not-found            the thing named is not there
 * conflict             it is there already, or somebody changed it first
 * precondition-failed  the caller's If-Match names an older version
 * forbidden            the identity has no right
 * unauthenticated      the token is missing, expired or refused
 * no-mailbox           the user exists but has no reachable mailbox
 * resync               a delta link has died: the folder must be read from its start
 * invalid              the request is wrong; repeating it cannot help
 * too-large            over a limit of ours or theirs
 * corrupt              what was read back is not what was written
 * cancelled            a person or a lost claim stopped the work
 */
export type ErrorCode =
  | "throttled"
  | "unavailable"
  | "not-found"
  | "conflict"
  | "precondition-failed"
  | "forbidden"
  | "unauthenticated"
  | "no-mailbox"
  | "resync"
  | "invalid"
  | "too-large"
  | "corrupt"
  | "cancelled";

export interface ErrorDetail {
  cause?: unknown;
  /** How long the other side asked us to wait, in milliseconds. */
  retryAfterMs?: number;
  /** The stable upper-case code an API answer or a coverage entry carries, e.g. `ErrorItemNotFound`, `RUN_NOT_FOUND`. */
  reason?: string;
  /** Graph's `request-id`, for a support case. */
  requestId?: string;
  /** Who said so; absent: we ourselves. */
  edge?: "graph" | "storage";
  /** The HTTP status of the answer that said so. */
  status?: number;
  /** The refusal was worded as an Application Access Policy words it; the wording is a hint, the code decides. */
  namesPolicy?: boolean;
  /** The field of the caller's input that is wrong, as a JSON path. */
  field?: string;
  /** What was asked of a vault, a token endpoint or a proxy, and their own word for the refusal. */
  asked?: Asked;
  /** What a command that mends it is about, e.g. `vault`, `proxy`; nothing secret. */
  places?: Record<string, string>;
}

export interface Asked {
  request: string;
  code?: string;
}

export class MailkeepError extends Error {
  override readonly name = "MailkeepError";
  readonly retryAfterMs: number | undefined;
  readonly reason: string | undefined;
  readonly requestId: string | undefined;
  readonly edge: "graph" | "storage" | undefined;
  readonly status: number | undefined;
  readonly namesPolicy: boolean;
  readonly field: string | undefined;
  readonly asked: Asked | undefined;
  readonly places: Record<string, string> | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    detail: ErrorDetail = {},
  ) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.retryAfterMs = detail.retryAfterMs;
    this.reason = detail.reason;
    this.requestId = detail.requestId;
    this.edge = detail.edge;
    this.status = detail.status;
    this.namesPolicy = detail.namesPolicy ?? false;
    this.field = detail.field;
    this.asked = detail.asked;
    this.places = detail.places;
  }
}

export function isMailkeepError(error: unknown, ...codes: ErrorCode[]): error is MailkeepError {
  return error instanceof MailkeepError && (codes.length === 0 || codes.includes(error.code));
}

/** What an HTTP caller sees for each code (RFC 9110 status codes). */
export const httpStatus: Record<ErrorCode, number> = {
  throttled: 503,
  unavailable: 503,
  "not-found": 404,
  conflict: 409,
  "precondition-failed": 412,
  forbidden: 403,
  unauthenticated: 401,
  "no-mailbox": 409,
  resync: 503,
  invalid: 400,
  "too-large": 413,
  corrupt: 500,
  cancelled: 409,
};

/** What `npm start -- --once` exits with, by how its run ended. */
export const exitCode = { complete: 0, failed: 1, gaps: 3 } as const;
