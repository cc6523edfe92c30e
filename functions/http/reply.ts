// Answers on the wire: JSON, bytes, nothing, or a problem, each with the headers that keep them where they belong.
import type { HttpResponseInit } from "@azure/functions";
import type { ProblemAnswer } from "../../lib/api/problem.js";
import type { Answer, BytesReply, JsonReply, Reply } from "../../lib/api/route.js";

/** Mail and what is known of it stays out of caches; nobody guesses types. */
const always = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

export function toResponse(answer: Answer, reply: Reply): HttpResponseInit {
  if ("schema" in answer) return jsonResponse(answer.status, reply as JsonReply);
  if ("bytes" in answer) return bytesResponse(reply as BytesReply);
  return { status: answer.status, headers: always };
}

function jsonResponse(planned: number, { json, status = planned, etag, location }: JsonReply): HttpResponseInit {
  const headers = { ...always, ...(etag !== undefined && { etag }), ...(location !== undefined && { location }) };
  return { status, headers, jsonBody: json };
}

/** Whatever it says it is, it is a download: no browser may show it or run it in the name of this site. */
function bytesResponse({ bytes, mediaType, fileName, size, etag }: BytesReply): HttpResponseInit {
  const headers = {
    ...always,
    "content-type": mediaType,
    "content-disposition": attachmentNamed(fileName),
    "content-security-policy": "default-src 'none'; sandbox",
    ...(size !== undefined && { "content-length": String(size) }),
    ...(etag !== undefined && { etag }),
  };
  return { status: 200, headers, body: bytes };
}

/** RFC 6266: a plain name for everybody and the true one, encoded by RFC 8187, for those who can read it. */
export function attachmentNamed(name: string): string {
  const safe = [...name.toWellFormed()].filter((letter) => !unsafe.test(letter)).join("");
  const cut = shortened(safe.trim().replace(/^\.+/, "")) || "unnamed";
  const ascii = cut.replace(/[^\x20-\x7e]|["%\\]/g, "_");
  const encoded = encodeURIComponent(cut).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/** Control and formatting characters (they can turn a name around) and what file systems take for a path. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\:*?"<>|]/u;

const nameLimit = 150;

/** The end of a name says what it is. */
function shortened(name: string): string {
  const letters = [...name];
  if (letters.length <= nameLimit) return name;
  return [...letters.slice(0, nameLimit - 20), "…", ...letters.slice(-19)].join("");
}

export function problemResponse({ problem, headers }: ProblemAnswer): HttpResponseInit {
  return {
    status: problem.status,
    headers: { ...always, ...headers, "content-type": "application/problem+json" },
    body: JSON.stringify(problem),
  };
}
