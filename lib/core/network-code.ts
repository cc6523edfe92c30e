// Pure: the code of a network error, wherever it sits, and which codes mean that a certificate is not trusted.

/** It may sit on a cause (`terminated`) or inside an AggregateError (two addresses tried). */
export function networkCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; depth++) {
    if ("code" in at && typeof at.code === "string") return at.code;
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return undefined;
}

/** What comes of a proxy that opens encrypted connections, or of a clock that is wrong: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const untrusted = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_UNTRUSTED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

export const isUntrusted = (code: string | undefined): boolean => code !== undefined && untrusted.has(code);
