/** What a time stamping authority answered, checked when it came. */
export interface TimeStamp {
  /** The whole TimeStampResp (RFC 3161 section 2.4.2), DER. */
  response: Uint8Array;
  /** The authority's time, ISO 8601. */
  time: string;
  /** The subject of the certificate that signed it. */
  authority: string;
}

/**
 * An RFC 3161 authority. Errors: `unavailable`, `invalid` (TIMESTAMP_REFUSED), `corrupt` (TIMESTAMP_WRONG) for an answer that
 * does not vouch for what was asked.
 */
export interface TimeStamper {
  /** A stamp over the SHA-256 of the bytes, which themselves stay here. */
  stamp(bytes: Uint8Array): Promise<TimeStamp>;
}
