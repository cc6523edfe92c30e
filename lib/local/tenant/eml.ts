// Messages given as raw bytes: the facts Exchange would have read from their headers. Forgiving by design.
import { createHash } from "node:crypto";
import type { MailFacts, MessageSource, Recipient } from "./message.js";

/** Headers are looked for in so many bytes. */
const headerLimit = 256 * 1024;

export function emlSource(bytes: Buffer): MessageSource {
  let facts: MailFacts | undefined;
  return {
    facts: () => (facts ??= emlFacts(bytes)),
    parts: () => [bytes],
  };
}

export function emlFacts(bytes: Buffer): MailFacts {
  const headers = headersOf(bytes);
  const get = (name: string) => headers.get(name) ?? "";
  const subject = decodeWords(get("subject"));
  const messageId = /<[^>]*>/.exec(get("message-id"))?.[0] ?? (get("message-id").trim() || undefined);
  const from = addresses(get("from"))[0];
  const sender = addresses(get("sender"))[0] ?? from;
  const sentAt = new Date(get("date"));
  const importance = get("importance").trim().toLowerCase();
  const isMeeting = /^text\/calendar/i.test(get("content-type"));
  return {
    subject,
    ...(from ? { from } : {}),
    ...(sender ? { sender } : {}),
    to: addresses(get("to")),
    cc: addresses(get("cc")),
    bcc: addresses(get("bcc")),
    ...(messageId ? { internetMessageId: messageId } : {}),
    ...(Number.isNaN(sentAt.getTime()) ? {} : { sentAt }),
    conversationId: createHash("sha256")
      .update(subject.replace(/^((re|aw|fwd?|wg):\s*)+/i, ""))
      .digest("base64url"),
    importance: importance === "high" || importance === "low" ? importance : "normal",
    attachments: attachmentsIn(bytes),
    ...(isMeeting ? { type: "eventMessageRequest" as const } : {}),
    preview: "",
  };
}

function headersOf(bytes: Buffer): Map<string, string> {
  const text = bytes.subarray(0, headerLimit).toString("latin1");
  const end = /\r?\n\r?\n/.exec(text);
  const unfolded = text.slice(0, end?.index ?? text.length).replace(/\r?\n[ \t]+/g, " ");
  const headers = new Map<string, string>();
  for (const line of unfolded.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim().toLowerCase();
    if (colon > 0 && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

/** RFC 2047 encoded words; what cannot be decoded stays as it is. */
function decodeWords(text: string): string {
  const joined = text.replace(/\?=\s+=\?/g, "?==?");
  const decoded = joined.replace(
    /=\?([\w-]+)(?:\*[\w-]*)?\?([bq])\?([^?]*)\?=/gi,
    (whole, charset: string, kind: string, body: string) => {
      const raw = kind.toLowerCase() === "b" ? Buffer.from(body, "base64") : unquote(body);
      try {
        return new TextDecoder(charset).decode(raw);
      } catch {
        return whole;
      }
    },
  );
  return decoded === joined ? Buffer.from(text, "latin1").toString("utf8") : decoded;
}

function unquote(body: string): Buffer {
  const text = body
    .replaceAll("_", " ")
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, "latin1");
}

function addresses(header: string): Recipient[] {
  const people = header.replace(/[^,:;]*:([^;]*);/g, "$1").match(/(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<])+/g) ?? [];
  return people.flatMap((text) => {
    const address = (/<([^>]*)>/.exec(text)?.[1] ?? text).trim();
    const name = decodeWords(
      text
        .replace(/<[^>]*>/, "")
        .trim()
        .replace(/^"|"$/g, ""),
    );
    return address === "" ? [] : [{ address, ...(name === "" || name === address ? {} : { name }) }];
  });
}

/** Enough to know that there are attachments, and their names. */
function attachmentsIn(bytes: Buffer): MailFacts["attachments"] {
  const text = bytes.subarray(0, 1024 * 1024).toString("latin1");
  return [...text.matchAll(/^content-disposition:\s*attachment(?:[^\n]*filename="?([^";\r\n]*))?/gim)].map((found) => ({
    name: found[1] ?? "attachment",
    contentType: "application/octet-stream",
    size: 0,
    inline: false,
  }));
}
