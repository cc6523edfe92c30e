// A try that ended without a trustworthy answer: nothing came, or what came was cut, late, garbled or too much.

import { MailkeepError } from "../../core/errors.js";
import { isUntrusted, networkCode } from "../../core/network-code.js";

/**
 * unreachable  no connection to Graph could be made
 * cut          the connection broke before the answer was complete
 * timeout      nothing arrived for the whole of the request timeout
 * malformed    a complete answer that is not what Graph promises (JSON cut after `"value":[` is a known one)
 * too-large    more bytes than we take
 */
export type FaultKind = "unreachable" | "cut" | "timeout" | "malformed" | "too-large";

/** Stays inside this folder: the chain retries it and the client translates the last one. */
export class Fault extends Error {
  override readonly name = "Fault";
  constructor(
    readonly kind: FaultKind,
    message: string,
    cause?: unknown,
    /** More exact than what `faultReason` has for the kind. */
    readonly reason?: string,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** What a person sees as the code of a fault that outlived its retries. */
export const faultReason: Record<FaultKind, string> = {
  unreachable: "GRAPH_UNREACHABLE",
  cut: "CONNECTION_CUT",
  timeout: "TIMEOUT",
  malformed: "MALFORMED_ANSWER",
  "too-large": "TOO_LARGE",
};

const noConnection = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

const timeouts = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "ETIMEDOUT"]);

/** A way that a proxy bars stays barred; one that broke may be there again in a moment. */
const passing = new Set(["PROXY_UNREACHABLE", "PROXY_TARGET_UNREACHABLE"]);

/** What an error of the HTTP layer means. Whatever is not known to be something else is a cut: worth another try. */
export function networkFault(error: unknown): Fault | MailkeepError {
  if (error instanceof MailkeepError)
    return passing.has(error.reason ?? "") ? new Fault("unreachable", error.message, error, error.reason) : error;
  const code = networkCode(error);
  if (isUntrusted(code))
    return new Fault("unreachable", `its certificate is not trusted (${code})`, error, "TLS_NOT_TRUSTED");
  if (code !== undefined && noConnection.has(code)) return new Fault("unreachable", `no connection (${code})`, error);
  if (code !== undefined && timeouts.has(code)) return new Fault("timeout", `no data in time (${code})`, error);
  return new Fault("cut", `the connection broke (${code ?? "no code"})`, error);
}
