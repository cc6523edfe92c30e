// One copy of an invented mail in one mailbox: facts and bytes on demand.
import { logoSize } from "./attachment.js";
import { dice } from "./dice.js";
import { copyHeaders } from "./exchange-headers.js";
import { type CopyRole, type Mail, type MailKind, messageId } from "./mail.js";
import type { AttachmentFacts, MailFacts, MessageSource } from "./message.js";
import { flatten, pieces } from "./mime.js";
import { renderers } from "./other-mail.js";
import { bodyOf } from "./thread-mail.js";

/** Rendered mail, kept until the budget is spent: a benchmark's opponent must cost as little as it can. */
export class Kept {
  private readonly rendered = new Map<MailCopy, Buffer[]>();

  constructor(private budgetBytes: number) {}

  get isFull(): boolean {
    return this.budgetBytes <= 0;
  }

  parts(copy: MailCopy, render: () => Buffer[]): Buffer[] {
    const known = this.rendered.get(copy);
    if (known) return known;
    const made = render();
    if (!this.isFull) {
      this.rendered.set(copy, made);
      for (const part of made) if (part.buffer.byteLength < sharedPoolBytes) this.budgetBytes -= part.length;
    }
    return made;
  }
}

/** A slice of anything this large is a piece of the attachment pool and costs nothing. */
const sharedPoolBytes = 1_000_000;

/** MS-OXCMAIL section 2.2.3.2: what is not just a note. */
const classes: Partial<Record<MailKind, string>> = {
  bounce: "REPORT.IPM.Note.NDR",
  invitation: "IPM.Schedule.Meeting.Request",
  encrypted: "IPM.Note.SMIME",
  signed: "IPM.Note.SMIME.MultipartSigned",
};

export class MailCopy implements MessageSource {
  constructor(
    private readonly mail: Mail,
    private readonly role: CopyRole,
    /** Tells this copy from the others of the same mail. */
    private readonly copy: number,
    private readonly kept?: Kept,
  ) {}

  facts(): MailFacts {
    const { mail, role } = this;
    const first = mail.earlier.at(-1) ?? mail;
    return {
      subject: mail.subject,
      from: mail.from,
      sender: mail.from,
      to: mail.to,
      cc: mail.cc,
      bcc: [],
      ...(role === "draft" ? {} : { internetMessageId: messageId(mail) }),
      sentAt: new Date(mail.sentAt),
      conversationId: `AAQkA${Buffer.from(first.seed).toString("base64url")}AQA=`,
      importance: mail.attachments.length > 2 ? "high" : "normal",
      attachments: attachmentsOf(mail),
      ...(mail.kind === "invitation" ? { type: "eventMessageRequest" as const } : {}),
      messageClass: classes[mail.kind] ?? "IPM.Note",
      // Only made when somebody looks: lists of thousands leave it out.
      get preview() {
        return (bodyOf(mail)[0] ?? "").slice(0, 255);
      },
    };
  }

  parts(): Buffer[] {
    return this.kept ? this.kept.parts(this, () => this.render()) : this.render();
  }

  private render(): Buffer[] {
    const source = dice(this.mail.seed, this.role, this.copy);
    const content = renderers[this.mail.kind](this.mail, source);
    return flatten(
      pieces({ headers: [...copyHeaders(this.mail, this.role, source), ...content.headers], body: content.body }),
    );
  }
}

function attachmentsOf(mail: Mail): AttachmentFacts[] {
  const own = mail.attachments.map(({ name, contentType, size }) => ({ name, contentType, size, inline: false }));
  if (mail.kind === "encrypted")
    own.push({ name: "smime.p7m", contentType: "application/pkcs7-mime", size: 16_000, inline: false });
  if (mail.kind === "nested")
    own.push({ name: mail.earlier[0]?.subject ?? "", contentType: "message/rfc822", size: 30_000, inline: false });
  const logos = mail.kind === "thread" ? new Set([mail, ...mail.earlier].map((one) => one.from.logo)) : [];
  const pictures = [...logos].flatMap((logo) =>
    logo === undefined
      ? []
      : [{ name: `image00${logo + 1}.png`, contentType: "image/png", size: logoSize(logo), inline: true }],
  );
  return [...own, ...pictures];
}
