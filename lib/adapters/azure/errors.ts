// What Storage and Entra answer, as our own errors. Nothing of the request (it may carry a token) or of a body is kept.
import { type ErrorCode, MailkeepError } from "../../core/errors.js";

/** Codes that say more than their status. https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2 */
const meaning: Record<string, ErrorCode> = {
  BlobNotFound: "not-found",
  ResourceNotFound: "not-found",
  EntityNotFound: "not-found",
  EntityAlreadyExists: "conflict",
  BlobAlreadyExists: "conflict",
  BlobImmutableDueToPolicy: "conflict",
  UpdateConditionNotSatisfied: "precondition-failed",
  ConditionNotMet: "precondition-failed",
  EntityTooLarge: "too-large",
  PropertyValueTooLarge: "too-large",
  RequestBodyTooLarge: "too-large",
  ContainerBeingDeleted: "unavailable",
  TableBeingDeleted: "unavailable",
  QueueBeingDeleted: "unavailable",
};

/** A 404 without one of the codes above (a missing container, table or account) says nothing about the thing asked for. */
const byStatus: Record<number, ErrorCode> = {
  400: "invalid",
  401: "forbidden",
  403: "forbidden",
  409: "conflict",
  412: "precondition-failed",
  413: "too-large",
};

/** The parts of a client library's error that we read; which of them are there differs between the services. */
interface Refusal {
  name: string;
  message: string;
  code?: unknown;
  statusCode?: unknown;
  details?: { errorCode?: unknown; odataError?: { code?: unknown } };
  response?: { headers?: { get(name: string): string | undefined } };
}

/** The service's own code, e.g. `BlobAlreadyExists`; undefined when there was no answer, or an answer without one. */
export function storageCode(error: unknown): string | undefined {
  const refusal = error as Refusal;
  if (statusOf(error) === undefined) return undefined;
  const { code, details, response } = refusal;
  const codes = [response?.headers?.get("x-ms-error-code"), details?.odataError?.code, details?.errorCode, code];
  return codes.find((candidate): candidate is string => typeof candidate === "string" && candidate !== "");
}

/** The HTTP status of the answer, if there was one. */
export function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error ? (error as Partial<Refusal>).statusCode : undefined;
  return typeof status === "number" ? status : undefined;
}

/**
 * Translates an error of the client libraries; `doing` says what was tried, without content. An error that is neither
 * theirs nor the network's is a fault in our program and comes back as it is.
 */
export function toMailkeepError(error: unknown, doing: string): unknown {
  if (error instanceof MailkeepError || !(error instanceof Error)) return error;
  const refusal = error as Refusal;
  if (!isForeign(refusal)) return error;
  const status = statusOf(error);
  const reason = storageCode(error) ?? (typeof refusal.code === "string" ? refusal.code : undefined);
  const code = (reason && meaning[reason]) || (status && byStatus[status]) || "unavailable";
  const said = [status, reason ?? refusal.name].filter((part) => part !== undefined).join(" ");
  const requestId = refusal.response?.headers?.get("x-ms-request-id");
  const retryAfterMs = 1_000 * Number(refusal.response?.headers?.get("retry-after"));
  return new MailkeepError(code, `storage could not ${doing}: ${said}`, {
    cause: new Error(firstLine(refusal.message)),
    edge: "storage",
    ...(reason !== undefined && { reason }),
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
    ...(retryAfterMs > 0 && { retryAfterMs }),
  });
}

/** Runs one call to a client library and translates what it throws. */
export async function translating<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toMailkeepError(error, doing);
  }
}

/** RestError: Storage answered, or could not be reached; AbortError: our own time limit; the rest: Entra, the socket. */
function isForeign({ name, code }: Refusal): boolean {
  const named =
    ["RestError", "AbortError", "TimeoutError"].includes(name) || /^(Aggregate)?Authentication|^Credential/.test(name);
  return named || (typeof code === "string" && /^E[A-Z]{3,}|^ERR_STREAM/.test(code));
}

/** Storage puts its request id and time on further lines; a refused signature is spelt out there too. */
function firstLine(message: string): string {
  return (message.split("\n", 1)[0] ?? "").slice(0, 300);
}

/** A call that has not ended by then is hung: no single one moves more than 16 MiB. Retries are included. */
const callLimitMs = 100_000;

/** The time limit of one call; the client libraries have none of their own. */
export const inTime = (): { abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(callLimitMs) });
