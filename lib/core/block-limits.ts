// Which blocks a blob may be made of. Narrower than the service, which takes ids of 64 bytes and blocks of 4,000 MiB
// (https://learn.microsoft.com/rest/api/storageservices/put-block).
import { MailkeepError } from "./errors.js";

const longestBlockBytes = 8 * 1024 * 1024;

/** @throws MailkeepError `invalid` or `too-large` */
export function checkBlock(id: string, { length }: Uint8Array): void {
  if (!/^[A-Za-z0-9-]{1,40}$/.test(id))
    throw new MailkeepError("invalid", "a block's id is up to 40 letters and digits");
  if (length === 0) throw new MailkeepError("invalid", "an empty block cannot be staged");
  if (length > longestBlockBytes) throw new MailkeepError("too-large", `a block of ${length} bytes`);
}
