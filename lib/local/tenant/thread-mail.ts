// A mail of a conversation: Word's HTML and a plain twin, signatures with logos, and everything said before quoted in full.
import { type Attachment, attachmentEntity, logoEntity } from "./attachment.js";
import { type Dice, dice } from "./dice.js";
import { type Correspondent, type Mail, messageId } from "./mail.js";
import { type Encoding, type Entity, headerDate, multipart, textEntity } from "./mime.js";
import { paragraphs as prose } from "./prose.js";

/** Boundaries are made when the mail is rendered, so every copy has its own. */
export function boundary(source: Dice, n: number): string {
  return `_00${n}_${source.hex(32)}DB9PR04MB${1000 + source.int(8999)}eurp_`;
}

export function bodyOf(mail: Mail): string[] {
  const source = dice(mail.seed, "body");
  return prose(source, mail.language, 1 + source.int(7));
}

/** Latin scripts are sent quoted-printable, the others as base64. */
export function encodingFor(mail: Mail): Encoding {
  return ["en", "de", "fr", "pl"].includes(mail.language) ? "quoted-printable" : "base64";
}

interface Told {
  mail: Mail;
  text: string[];
}

export function threadEntity(mail: Mail, source: Dice): Entity {
  const told: Told[] = [mail, ...mail.earlier].map((one) => ({ mail: one, text: bodyOf(one) }));
  const shown = [...new Set(told.map((one) => one.mail.from.logo))].filter((logo) => logo !== undefined);
  const text = { charset: mail.charset, encoding: encodingFor(mail) };
  const alternative = multipart("alternative", boundary(source, 1), [
    textEntity(told.map(plain).join("\r\n\r\n"), { type: "text/plain", ...text }),
    textEntity(page(told.map(html).join("")), { type: "text/html", ...text }),
  ]);
  const pictures = shown.map((logo) => logoEntity(logo, contentId(mail, logo)));
  const related =
    pictures.length === 0
      ? alternative
      : multipart("related", boundary(source, 2), [alternative, ...pictures], ';\r\n\ttype="multipart/alternative"');
  return withAttachments(related, { attachments: mail.attachments, sentAt: mail.sentAt, source });
}

export function withAttachments(
  entity: Entity,
  { attachments, sentAt, source }: { attachments: Attachment[]; sentAt: number; source: Dice },
): Entity {
  if (attachments.length === 0) return entity;
  const when = headerDate(sentAt).replace("+0000", "GMT");
  return multipart("mixed", boundary(source, 4), [entity, ...attachments.map((one) => attachmentEntity(one, when))]);
}

/** A conversation keeps the content id of a logo from its first mail on. */
function contentId(mail: Mail, logo: number): string {
  const first = mail.earlier.at(-1) ?? mail;
  return `image00${logo + 1}.png@${messageId(first).slice(1, 15)}`;
}

function plain({ mail, text }: Told, depth: number): string {
  const head =
    depth === 0
      ? ""
      : `________________________________\r\nFrom: ${mail.from.name} <${mail.from.address}>\r\nSent: ${headerDate(mail.sentAt)}\r\nTo: ${mail.to.map((one) => one.name).join("; ")}\r\nSubject: ${mail.subject}\r\n\r\n`;
  return `${head}${text.join("\r\n\r\n")}\r\n\r\n${signatureLines(mail.from).join("\r\n")}\r\n`;
}

function signatureLines(who: Correspondent): string[] {
  const [, domain = ""] = who.address.split("@");
  return [
    who.name,
    who.title,
    `${domain} | Lindenweg 12 | 10115 Berlin`,
    `T +49 30 5550 ${who.name.length}${who.title.length} | ${who.address}`,
    `This message may contain confidential information. If you are not the intended recipient, please tell the sender and delete it.`,
  ];
}

const paragraph = (text: string) =>
  `<p class=MsoNormal><span lang=EN-US style='font-size:11.0pt;font-family:"Calibri",sans-serif;mso-fareast-language:EN-US'>${text}<o:p></o:p></span></p>\r\n`;
const emptyParagraph =
  "<p class=MsoNormal><span lang=EN-US style='mso-fareast-language:EN-US'><o:p>&nbsp;</o:p></span></p>\r\n";

function html({ mail, text }: Told, depth: number): string {
  const head =
    depth === 0
      ? ""
      : `<div>\r\n<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>\r\n<p class=MsoNormal><b><span lang=EN-US>From:</span></b><span lang=EN-US> ${mail.from.name} &lt;${mail.from.address}&gt; <br>\r\n<b>Sent:</b> ${headerDate(mail.sentAt)}<br>\r\n<b>To:</b> ${mail.to.map((one) => `${one.name} &lt;${one.address}&gt;`).join("; ")}<br>\r\n<b>Subject:</b> ${mail.subject}<o:p></o:p></span></p>\r\n</div>\r\n</div>\r\n${emptyParagraph}`;
  const paragraphs = text.map(paragraph).join(emptyParagraph);
  const picture =
    mail.from.logo === undefined
      ? ""
      : `<p class=MsoNormal><img width=100 height=120 style='width:1.04in;height:1.25in' id="Picture_x0020_1" src="cid:${contentId(mail, mail.from.logo)}" alt="logo"><o:p></o:p></p>\r\n`;
  return `${head}${paragraphs}${emptyParagraph}${signatureLines(mail.from).map(paragraph).join("")}${picture}${emptyParagraph}`;
}

const wordStyle = [
  "/* Font Definitions */",
  '@font-face\r\n\t{font-family:"Cambria Math";\r\n\tpanose-1:2 4 5 3 5 4 6 3 2 4;}',
  "@font-face\r\n\t{font-family:Calibri;\r\n\tpanose-1:2 15 5 2 2 2 4 3 2 4;}",
  "/* Style Definitions */",
  ...[
    "p.MsoNormal, li.MsoNormal, div.MsoNormal",
    "p.MsoPlainText, li.MsoPlainText, div.MsoPlainText",
    "p.msonormal0, li.msonormal0, div.msonormal0",
    "p.MsoListParagraph, li.MsoListParagraph, div.MsoListParagraph",
  ].map(
    (names) =>
      `${names}\r\n\t{margin:0cm;\r\n\tmargin-bottom:.0001pt;\r\n\tfont-size:11.0pt;\r\n\tfont-family:"Calibri",sans-serif;\r\n\tmso-fareast-language:EN-US;}`,
  ),
  "a:link, span.MsoHyperlink\r\n\t{mso-style-priority:99;\r\n\tcolor:#0563C1;\r\n\ttext-decoration:underline;}",
  ...Array.from(
    { length: 6 },
    (_, n) =>
      `span.EmailStyle${17 + n}\r\n\t{mso-style-type:personal-reply;\r\n\tfont-family:"Calibri",sans-serif;\r\n\tcolor:windowtext;\r\n\tfont-weight:normal;\r\n\tfont-style:normal;}`,
  ),
  ".MsoChpDefault\r\n\t{mso-style-type:export-only;\r\n\tfont-size:10.0pt;\r\n\tmso-ligatures:none;}",
  "@page WordSection1\r\n\t{size:612.0pt 792.0pt;\r\n\tmargin:70.85pt 70.85pt 2.0cm 70.85pt;}",
  "div.WordSection1\r\n\t{page:WordSection1;}",
].join("\r\n");

function page(content: string): string {
  return `<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word" xmlns:m="http://schemas.microsoft.com/office/2004/12/omml" xmlns="http://www.w3.org/TR/REC-html40">\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n<meta name="Generator" content="Microsoft Word 15 (filtered medium)">\r\n<style><!--\r\n${wordStyle}\r\n--></style>\r\n</head>\r\n<body lang="EN-US" link="#0563C1" vlink="#954F72" style='word-wrap:break-word'>\r\n<div class="WordSection1">\r\n${content}</div>\r\n</body>\r\n</html>\r\n`;
}
