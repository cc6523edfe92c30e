// Refusals and faults as RFC 9457 problem documents with a stable code.
import { z } from "zod";
import { httpStatus, isMailkeepError, type MailkeepError } from "../core/errors.js";
import { explain } from "../faults/explain.js";
import { help } from "./errors.js";
import { apiRoot } from "./route.js";

export const FieldError = z.strictObject({
  /** Where in the request, e.g. `folders.include[0]`, `limit`, `If-Match`. */
  field: z.string(),
  message: z.string(),
});
export type FieldError = z.infer<typeof FieldError>;

export const Problem = z.strictObject({
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.number().int(),
  /** What is wrong with this request and what to do about it, for a person. */
  detail: z.string(),
  /** Stable, for programs. */
  code: z.string(),
  instance: z.string().optional(),
  field: z.string().optional(),
  errors: z.array(FieldError).optional(),
  /** What the other side (Graph, Storage) called it. */
  reason: z.string().optional(),
  /** The other side's request id, for a support case. */
  requestId: z.string().optional(),
  retryAfterSeconds: z.number().int().optional(),
  /** Under this word the log has more. */
  reference: z.string().optional(),
  ...help,
  /** What the catalogue says of the code, or of the other side's reason: a path of this API. */
  help: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** A request that cannot be answered as it is. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  constructor(
    readonly status: keyof typeof titles,
    readonly code: string,
    message: string,
    readonly detail: { field?: string; errors?: FieldError[]; headers?: Record<string, string> } = {},
  ) {
    super(message);
  }
}

/** RFC 9110 section 15. */
export const titles = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  428: "Precondition Required",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
} as const;

const titleOf = (status: number): string => (titles as Record<number, string>)[status] ?? "Error";

/** How long to wait when the other side did not say, in seconds. */
const retryAfterDefault = 10;

export interface ProblemAnswer {
  problem: Problem;
  headers: Record<string, string>;
}

/** The caller's own mistakes and whatever our errors say; undefined for an error nobody foresaw. */
export function problemOf(error: unknown, instance: string): ProblemAnswer | undefined {
  if (error instanceof Refusal) {
    const { status, code, message, detail } = error;
    const { field, errors, headers = {} } = detail;
    return {
      headers,
      problem: build(status, code, message, { instance, ...(field && { field }), ...(errors && { errors }) }),
    };
  }
  if (!isMailkeepError(error)) return undefined;
  const status = statusOf(error);
  const retry = status === 503 ? Math.ceil((error.retryAfterMs ?? retryAfterDefault * 1_000) / 1_000) : undefined;
  const headers: Record<string, string> = {
    ...(retry !== undefined && { "retry-after": String(retry) }),
    ...(status === 401 && { "www-authenticate": challenge(error) }),
  };
  const { code, reason } = codeOf(error);
  const extra = {
    instance,
    ...(error.field !== undefined && { field: error.field, errors: [{ field: error.field, message: error.message }] }),
    ...(reason !== undefined && { reason }),
    ...(error.requestId !== undefined && { requestId: error.requestId }),
    ...(retry !== undefined && { retryAfterSeconds: retry }),
  };
  const detail = error.code === "precondition-failed" ? outdated : error.message;
  return { headers, problem: build(status, code, detail, extra) };
}

const outdated = "it has been changed since the version that If-Match names; read it again, then repeat the change";

/** Nothing of the error itself leaves the house. */
export function unforeseen(instance: string, reference: string): Problem {
  const detail = `something went wrong that nobody foresaw; the log has it under ${reference}`;
  return build(500, "INTERNAL", detail, { instance, reference });
}

function build(status: number, code: string, detail: string, extra: Partial<Problem>): Problem {
  return { type: "about:blank", title: titleOf(status), status, detail, code, ...extra, ...explained(code, extra) };
}

/** The other side's word says more than the code that it was translated to. */
function explained(code: string, { reason }: Partial<Problem>): Partial<Problem> {
  const found = (reason === undefined ? undefined : explain(reason)) ?? explain(code);
  if (found === undefined) return {};
  const { cause, fix, link } = found;
  return { cause, fix, ...(link !== undefined && { link }), help: `${apiRoot}/errors/${found.code}` };
}

/** Reasons of this API's own sign-in. */
const callerWasRefused = new Set(["ROLE_REQUIRED", "NOT_LOOPBACK", "TOKEN_MISSING", "TOKEN_REFUSED"]);

/** What Graph or Storage refuse to mailkeep is no fault of the caller's request. */
function statusOf({ code, reason }: MailkeepError): number {
  const identity = code === "forbidden" || code === "unauthenticated";
  if (identity && !callerWasRefused.has(reason ?? "")) return 502;
  if (code === "invalid" && reason !== undefined && !isOwnReason(reason)) return 502;
  return httpStatus[code];
}

const isOwnReason = (reason: string): boolean => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(reason);

/** Reasons in our own spelling are codes; a vendor's word stands beside the code it was translated to. */
function codeOf(error: MailkeepError): { code: string; reason?: string } {
  const { reason } = error;
  const own = error.code.toUpperCase().replaceAll("-", "_");
  if (reason === undefined) return { code: own };
  return isOwnReason(reason) ? { code: reason } : { code: own, reason };
}

/** RFC 6750 section 3: `invalid_token` only when there was one. */
const challenge = ({ reason }: MailkeepError): string =>
  reason === "TOKEN_REFUSED" ? 'Bearer error="invalid_token"' : "Bearer";
