// A message that is stored and can be had, but is not taken apart.
import { MailkeepError } from "../core/errors.js";

export const refused = (why: string): MailkeepError =>
  new MailkeepError("too-large", `${why}; its attachments are not looked for, but it can be had as .eml`, {
    reason: "MESSAGE_TOO_COMPLEX",
  });
