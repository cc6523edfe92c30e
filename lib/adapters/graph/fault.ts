// A try that ended without a trustworthy answer: nothing came, or what came was cut, late, garbled or too much.

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
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

const timeouts = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "ETIMEDOUT"]);

/** The code of a network error, which may sit on a cause (`terminated`) or inside an AggregateError (two addresses tried). */
export function networkCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; depth++) {
    if ("code" in at && typeof at.code === "string") return at.code;
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return undefined;
}

/** What an error of the HTTP layer means. Whatever is not known to be something else is a cut: worth another try. */
export function networkFault(error: unknown): Fault {
  const code = networkCode(error);
  if (code !== undefined && noConnection.has(code)) return new Fault("unreachable", `no connection (${code})`, error);
  if (code !== undefined && timeouts.has(code)) return new Fault("timeout", `no data in time (${code})`, error);
  return new Fault("cut", `the connection broke (${code ?? "no code"})`, error);
}
