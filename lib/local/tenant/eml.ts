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
  const messageId = angled(get("message-id")) ?? (get("message-id").trim() || undefined);
  const from = addresses(get("from"))[0];
  const sender = addresses(get("sender"))[0] ?? from;
  const sentAt = new Date(get("date"));
  const importance = get("importance").trim().toLowerCase();
  const isMeeting = /^text\/calendar/i.test(get("content-type"));
  const messageClass = classOf(get("content-type"));
  const sensitivity = sensitivities[get("sensitivity").trim().toLowerCase()];
  const labels = get("msip_labels").trim();
  let preview: string | undefined;
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
    // Only made when somebody looks: most requests leave it out.
    get preview() {
      preview ??= previewOf(bytes, /^multipart\//i.test(get("content-type")));
      return preview;
    },
    ...(messageClass !== undefined && { messageClass }),
    ...(sensitivity !== undefined && { sensitivity }),
    ...(labels !== "" && { labels }),
  };
}

const blankLine = /\r?\n\r?\n/;

/** How the text of the message, or of its first part, begins: no markup, no runs of blanks. Encoded text stays encoded. */
function previewOf(bytes: Buffer, isMultipart: boolean): string {
  const blocks = bytes.subarray(0, headerLimit).toString("utf8").split(blankLine, 64);
  const text = blocks.slice(isMultipart ? 2 : 1).join(" ");
  return text
    .slice(0, 4_096)
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 255);
}

/** RFC 4021 section 2.1.55. */
const sensitivities: Record<string, 1 | 2 | 3> = { personal: 1, private: 2, "company-confidential": 3 };

/** MS-OXCMAIL section 2.2.3.2: what makes a message another item than a note. */
const classes: [RegExp, string][] = [
  [/^text\/calendar.*method="?request/i, "IPM.Schedule.Meeting.Request"],
  [/^text\/calendar.*method="?cancel/i, "IPM.Schedule.Meeting.Canceled"],
  [/^text\/calendar.*method="?reply/i, "IPM.Schedule.Meeting.Resp.Pos"],
  [/^text\/calendar/i, "IPM.Schedule.Meeting.Request"],
  [/^multipart\/signed/i, "IPM.Note.SMIME.MultipartSigned"],
  [/^application\/(?:x-)?pkcs7-mime/i, "IPM.Note.SMIME"],
  [/^multipart\/report.*report-type="?delivery-status/i, "REPORT.IPM.Note.NDR"],
  [/^multipart\/report.*report-type="?disposition-notification/i, "REPORT.IPM.Note.IPNRN"],
];

const classOf = (contentType: string): string | undefined =>
  classes.find(([pattern]) => pattern.test(contentType))?.[1];

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

/** One pass over the characters: torture mail makes clever patterns run for minutes. */
function addresses(header: string): Recipient[] {
  const out: Recipient[] = [];
  let text = "";
  let state: "name" | "quoted" | "angle" = "name";
  const end = () => {
    const person = recipient(text);
    if (person) out.push(person);
    text = "";
  };
  for (const character of header) {
    if (state === "quoted") state = character === '"' && !text.endsWith("\\") ? "name" : "quoted";
    else if (state === "angle") state = character === ">" ? "name" : "angle";
    else if (character === '"') state = "quoted";
    else if (character === "<") state = "angle";
    else if (character === "," || character === ";") {
      end();
      continue;
    } else if (character === ":") {
      // The name of a group is no address.
      text = "";
      continue;
    }
    text += character;
  }
  end();
  return out;
}

function recipient(text: string): Recipient | undefined {
  const open = text.lastIndexOf("<");
  const close = open < 0 ? -1 : text.indexOf(">", open);
  const address = (close < 0 ? text.replaceAll("<", "") : text.slice(open + 1, close)).trim();
  const rest = close < 0 ? "" : text.slice(0, open).trim();
  const name = decodeWords(rest.startsWith('"') && rest.endsWith('"') ? rest.slice(1, -1) : rest);
  return address === "" ? undefined : { address, ...(name === "" || name === address ? {} : { name }) };
}

function angled(text: string): string | undefined {
  const open = text.indexOf("<");
  const close = open < 0 ? -1 : text.indexOf(">", open);
  return close < 0 ? undefined : text.slice(open, close + 1);
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
