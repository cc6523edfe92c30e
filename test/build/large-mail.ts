// A message that is read in chunks, with a log that gzip makes smaller and a picture that it does not.
import { base64Lines, seeded } from "../unit/pack/seeded.js";

const random = seeded(15);

export interface LargeMail {
  eml: Buffer;
  log: Buffer;
  picture: Buffer;
}

/** Digits and `a` to `f` that nobody can foretell: gzip leaves 57 % of the log. */
export function aLargeMail(logBytes: number, pictureBytes: number): LargeMail {
  const log = Buffer.from(random.bytes(logBytes / 2).toString("hex"));
  const picture = random.bytes(pictureBytes);
  const part = (name: string, type: string, content: Buffer) =>
    `--large\r\nContent-Type: ${type}\r\nContent-Disposition: attachment; filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64Lines(content, 76, "\r\n")}\r\n`;
  const head =
    "From: ops@contoso.example\r\nSubject: Last night\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=large\r\n\r\n";
  const parts = part("night.log", "text/plain", log) + part("night.jpg", "image/jpeg", picture);
  return { eml: Buffer.from(`${head}${parts}--large--\r\n`, "latin1"), log, picture };
}
