// One invented mail as data; its bytes are made when somebody asks for them, and again whenever somebody asks again.
import type { Attachment } from "./attachment.js";
import type { Charset } from "./charset.js";
import type { Recipient } from "./message.js";
import type { Language } from "./prose.js";

export interface Correspondent extends Recipient {
  name: string;
  title: string;
  /** Which logo the signature carries; undefined: none. */
  logo?: number;
}

export type MailKind =
  | "thread"
  | "newsletter"
  | "notification"
  | "foreign"
  | "flowed"
  | "bounce"
  | "invitation"
  | "encrypted"
  | "signed"
  | "nested";

export interface Mail {
  kind: MailKind;
  /** All content follows from it. */
  seed: string;
  from: Correspondent;
  to: Correspondent[];
  cc: Correspondent[];
  subject: string;
  /** Epoch milliseconds. */
  sentAt: number;
  language: Language;
  charset: Charset;
  attachments: Attachment[];
  /** What this mail answers, newest first, all of it quoted; or the mail that a `nested` or `bounce` one carries. */
  earlier: Mail[];
}

/** Exchange stamps each copy on its way; what a sender keeps has never travelled, and a draft not even left. */
export type CopyRole = "received" | "sent" | "draft";

export function messageId(mail: Mail): string {
  const domain = mail.from.address.split("@")[1] ?? "contoso.example";
  return `<${Buffer.from(mail.seed).toString("base64url")}.${mail.sentAt.toString(36)}@${domain}>`;
}
