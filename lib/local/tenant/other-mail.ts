// Mail that is no conversation: newsletters, notifications, bounces, invitations, S/MIME, forwarded messages, old charsets.
import { encodedAttachment } from "./attachment.js";
import { type Dice, dice } from "./dice.js";
import { commonHeaders } from "./exchange-headers.js";
import { type Mail, type MailKind, messageId } from "./mail.js";
import { base64Lines, type Entity, headerDate, multipart, pieces, textEntity } from "./mime.js";
import { paragraphs, sentence } from "./prose.js";
import { bodyOf, boundary, encodingFor, threadEntity, withAttachments } from "./thread-mail.js";

type Renderer = (mail: Mail, source: Dice) => Entity;

export const renderers: Record<MailKind, Renderer> = {
  thread: threadEntity,
  newsletter,
  notification,
  foreign,
  flowed,
  bounce,
  invitation,
  encrypted,
  signed,
  nested,
};

/** The same text for everybody, with links that know the reader. */
function newsletter(mail: Mail, source: Dice): Entity {
  const content = dice(mail.seed, "issue");
  const reader = source.hex(24);
  const story = (text: string, n: number) =>
    `<tr><td style="padding:12px 24px;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#333333;"><h2 style="margin:0 0 8px 0;font-size:18px;"><a href="https://news.example/c/${n}?r=${reader}&amp;i=${content.hex(8)}" style="color:#0B5CAD;text-decoration:none;">${sentence(content, "en")}</a></h2><p style="margin:0;">${text}</p></td></tr>\r\n`;
  const stories = paragraphs(content, "en", 26).map(story).join("");
  const text = `<!DOCTYPE html>\r\n<html><head><meta charset="utf-8"><title>${mail.subject}</title></head><body style="margin:0;padding:0;background:#f4f4f4;">\r\n<table role="presentation" width="600" align="center" cellpadding="0" cellspacing="0" border="0">\r\n${stories}</table>\r\n<img src="https://news.example/o/${reader}.gif" width="1" height="1" alt="">\r\n<p><a href="https://news.example/unsubscribe?r=${reader}">Unsubscribe</a></p></body></html>\r\n`;
  const entity = textEntity(text, { type: "text/html", charset: "utf-8", encoding: "quoted-printable" });
  return {
    ...entity,
    headers: [
      `List-Unsubscribe: <https://news.example/unsubscribe?r=${reader}>`,
      "Precedence: bulk",
      ...entity.headers,
    ],
  };
}

function notification(mail: Mail, source: Dice): Entity {
  const content = dice(mail.seed, "notice");
  const rows = Array.from({ length: 4 + content.int(12) }, () => `${content.hex(8)}  ${sentence(content, "en")}`);
  const link = `https://tracker.example/t/${content.hex(10)}?n=${source.hex(16)}`;
  return multipart("alternative", boundary(source, 1), [
    textEntity(`${rows.join("\r\n")}\r\n\r\n${link}\r\n`, { type: "text/plain", charset: "utf-8", encoding: "7bit" }),
    textEntity(
      `<div><ul>\r\n${rows.map((row) => `<li>${row}</li>`).join("\r\n")}\r\n</ul><a href="${link}">Open</a></div>\r\n`,
      { type: "text/html", charset: "utf-8", encoding: "quoted-printable" },
    ),
  ]);
}

/** One body part in the sender's own charset, unencoded where the charset has seven bits. */
function foreign(mail: Mail, source: Dice): Entity {
  const encoding = mail.charset === "iso-2022-jp" ? "7bit" : encodingFor(mail);
  const entity = textEntity(`${bodyOf(mail).join("\r\n\r\n")}\r\n\r\n-- \r\n${mail.from.address}\r\n`, {
    type: "text/plain",
    charset: mail.charset,
    encoding,
  });
  return withAttachments(entity, { attachments: mail.attachments, sentAt: mail.sentAt, source });
}

/** RFC 3676: lines end in a space where they flow on; quoted lines begin with ">". */
function flowed(mail: Mail): Entity {
  const wrap = (text: string, mark: string) =>
    text
      .replace(/(.{1,66}) /g, "$1 \n")
      .split("\n")
      .map((line) => mark + line)
      .join("\r\n");
  const content = bodyOf(mail);
  const quoted = paragraphs(dice(mail.seed, "quoted"), mail.language, 3).map((text) => wrap(text, "> "));
  const text = [...quoted, ...content.map((one) => wrap(one, ""))].join("\r\n\r\n");
  return textEntity(`${text}\r\n\r\n-- \r\n${mail.from.name}\r\n`, {
    type: "text/plain",
    charset: "utf-8",
    encoding: "8bit",
    parameters: "; format=flowed; delsp=no",
  });
}

function bounce(mail: Mail, source: Dice): Entity {
  const failed = mail.earlier[0];
  const lost = failed?.to[0]?.address ?? "nobody@fabrikam.example";
  const original = failed ? `${commonHeaders(failed).join("\r\n")}\r\n` : "";
  return multipart(
    "report",
    boundary(source, 8),
    [
      textEntity(
        `Your message to ${lost} couldn't be delivered.\r\n\r\nRemote server returned '550 5.1.1 User unknown'\r\n`,
        { type: "text/plain", charset: "utf-8", encoding: "7bit" },
      ),
      {
        headers: ["Content-Type: message/delivery-status"],
        body: [
          `Reporting-MTA: dns;mail.contoso.example\r\nArrival-Date: ${headerDate(mail.sentAt)}\r\n\r\nFinal-Recipient: rfc822;${lost}\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp;550 5.1.1 User unknown\r\n`,
        ],
      },
      { headers: ["Content-Type: text/rfc822-headers"], body: [original] },
    ],
    ";\r\n\treport-type=delivery-status",
  );
}

function invitation(mail: Mail, source: Dice): Entity {
  const stamp = (ms: number) => `${new Date(ms).toISOString().replace(/[-:]/g, "").slice(0, 15)}Z`;
  const start = mail.sentAt + 7 * 86_400_000;
  const calendar = [
    "BEGIN:VCALENDAR",
    "METHOD:REQUEST",
    "PRODID:Microsoft Exchange Server 2010",
    "VERSION:2.0",
    "BEGIN:VEVENT",
    `ORGANIZER;CN=${mail.from.name}:mailto:${mail.from.address}`,
    ...mail.to.map(
      ({ name, address }) =>
        `ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;\r\n CN=${name}:mailto:${address}`,
    ),
    `UID:${Buffer.from(messageId(mail)).toString("hex").slice(0, 60)}`,
    `SUMMARY;LANGUAGE=en-US:${mail.subject}`,
    `DTSTART:${stamp(start)}`,
    `DTEND:${stamp(start + 3_600_000)}`,
    `DTSTAMP:${stamp(mail.sentAt)}`,
    "LOCATION:Room Aurora (12)",
    "END:VEVENT",
    "END:VCALENDAR",
    "",
  ].join("\r\n");
  return multipart("alternative", boundary(source, 1), [
    textEntity(`${bodyOf(mail).join("\r\n\r\n")}\r\n`, {
      type: "text/plain",
      charset: "utf-8",
      encoding: "quoted-printable",
    }),
    textEntity(calendar, {
      type: "text/calendar",
      charset: "utf-8",
      encoding: "base64",
      parameters: "; method=REQUEST",
    }),
  ]);
}

/** Looks like an S/MIME envelope; nobody can open it, which is the usual state of an archive. */
function encrypted(mail: Mail): Entity {
  const serial = dice(mail.seed, "envelope").int(1_000_000);
  return {
    headers: [
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
      'Content-Disposition: attachment; filename="smime.p7m"',
      "Content-Transfer-Encoding: base64",
    ],
    body: encodedAttachment({
      serial,
      name: "smime.p7m",
      contentType: "",
      size: 14_000 + (serial % 9_000),
      texture: "noise",
    }),
  };
}

function signed(mail: Mail, source: Dice): Entity {
  const signature = Buffer.concat(
    encodedAttachment({
      serial: dice(mail.seed, "signature").int(1_000_000),
      name: "smime.p7s",
      contentType: "",
      size: 3_400,
      texture: "noise",
    }),
  );
  const text = textEntity(`${bodyOf(mail).join("\r\n\r\n")}\r\n`, {
    type: "text/plain",
    charset: mail.charset,
    encoding: "quoted-printable",
  });
  const seal: Entity = {
    headers: [
      'Content-Type: application/pkcs7-signature; name="smime.p7s"',
      'Content-Disposition: attachment; filename="smime.p7s"',
      "Content-Transfer-Encoding: base64",
    ],
    body: [signature],
  };
  return multipart(
    "signed",
    boundary(source, 6),
    [text, seal],
    ';\r\n\tprotocol="application/pkcs7-signature"; micalg=sha-256',
  );
}

/** Forwarded as an attachment: a whole message inside, with its own attachments and logo. */
function nested(mail: Mail, source: Dice): Entity {
  const inner = mail.earlier.map((one): Entity => {
    const content = threadEntity(one, source);
    const whole: Entity = {
      headers: [...commonHeaders(one), "MIME-Version: 1.0", ...content.headers],
      body: content.body,
    };
    return {
      headers: [
        "Content-Type: message/rfc822",
        `Content-Disposition: attachment;\r\n\tcreation-date="${headerDate(one.sentAt)}"`,
      ],
      body: pieces(whole),
    };
  });
  const note = textEntity(`${bodyOf(mail).join("\r\n\r\n")}\r\n`, {
    type: "text/plain",
    charset: "utf-8",
    encoding: "quoted-printable",
  });
  const card: Entity = {
    headers: ['Content-Type: text/x-vcard; name="card.vcf"', "Content-Transfer-Encoding: base64"],
    body: [
      base64Lines(
        Buffer.from(
          `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:${mail.from.name}\r\nEMAIL:${mail.from.address}\r\nEND:VCARD\r\n`,
        ),
      ),
    ],
  };
  return multipart("mixed", boundary(source, 4), [note, ...inner, card]);
}
