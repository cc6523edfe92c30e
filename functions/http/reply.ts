// Answers on the wire: JSON, bytes, nothing, or a problem, each with the headers that keep them where they belong.
import type { HttpResponseInit } from "@azure/functions";
import type { ProblemAnswer } from "../../lib/api/problem.js";
import type { Answer, BytesReply, JsonReply, Reply } from "../../lib/api/route.js";
import { currentInvocation } from "../invocation.js";
import { paced } from "./pace.js";

/** Mail and what is known of it stays out of caches; nobody guesses types. */
const always = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** `broken` hears of an answer that cannot be sent to its end. */
export function toResponse(answer: Answer, reply: Reply, broken: (error: unknown) => void): HttpResponseInit {
  if ("schema" in answer) return jsonResponse(answer.status, reply as JsonReply);
  if ("bytes" in answer) return bytesResponse(answer.ranges === true, reply as BytesReply, broken);
  return { status: answer.status, headers: always };
}

function jsonResponse(planned: number, { json, status = planned, etag, location }: JsonReply): HttpResponseInit {
  const headers = { ...always, ...(etag !== undefined && { etag }), ...(location !== undefined && { location }) };
  return { status, headers, jsonBody: json };
}

/** Whatever it says it is, it is a download: no browser may show it or run it in the name of this site. */
function bytesResponse(
  takesRanges: boolean,
  { bytes, mediaType, fileName, size, etag, part, unchanged }: BytesReply,
  broken: (error: unknown) => void,
): HttpResponseInit {
  const version = etag !== undefined && { etag };
  // RFC 9110 section 15.4.5: nothing else of what the caller has already.
  if (unchanged) return { status: 304, headers: { ...always, ...version } };
  const length = part === undefined ? size : part.last - part.first + 1;
  const headers = {
    ...always,
    ...version,
    "content-type": mediaType,
    "content-disposition": attachmentNamed(fileName),
    "content-security-policy": "default-src 'none'; sandbox",
    ...(length !== undefined && { "content-length": String(length) }),
    ...(takesRanges && { "accept-ranges": "bytes" }),
    ...(part !== undefined && { "content-range": `bytes ${part.first}-${part.last}/${size}` }),
  };
  const status = part === undefined ? 200 : 206;
  if (bytes === undefined) return { status, headers };
  return { status, headers, body: paced(watched(bytes, broken), currentInvocation()) };
}

async function* watched(bytes: AsyncIterable<Uint8Array>, broken: (error: unknown) => void) {
  try {
    yield* bytes;
  } catch (error) {
    broken(error);
    throw error;
  }
}

/**
 * RFC 6266: a plain name for everybody and the true one, encoded by RFC 8187, for those who can read it. Names from mail
 * are made safe where they are read (lib/reading/file-name.ts); here nothing may break out of the header.
 */
export function attachmentNamed(name: string): string {
  const whole = name.toWellFormed();
  const ascii = whole.replace(/[^\x20-\x7e]|["%\\]/gu, "_");
  const encoded = encodeURIComponent(whole).replace(/['()*]/g, percentEncoded);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

const percentEncoded = (letter: string): string => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;

export function problemResponse({ problem, headers }: ProblemAnswer): HttpResponseInit {
  return {
    status: problem.status,
    headers: { ...always, ...headers, "content-type": "application/problem+json" },
    body: JSON.stringify(problem),
  };
}
