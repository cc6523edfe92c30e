// Which names a blob may have. Narrower than the service: what we name is made of ids, digits and hashes, and such names
// sort the same by bytes, by characters and in the service.
import { MailkeepError } from "./errors.js";

/** A blob name is at most 1,024 characters. https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata */
const maxBlobNameUnits = 1_024;

/** Segments of letters, digits, `.`, `_` and `-`, parted by single slashes; none begins or ends with a dot. */
const blobName = /^[\w-](?:[\w.-]*[\w-])?(?:\/[\w-](?:[\w.-]*[\w-])?)*$/;

/** @throws MailkeepError `invalid`. */
export function checkBlobName(name: string): void {
  if (name.length > maxBlobNameUnits || !blobName.test(name))
    throw new MailkeepError("invalid", `${JSON.stringify(name.slice(0, 80))} cannot be the name of a blob`, {
      field: "name",
    });
}

/** @throws MailkeepError `invalid` unless both are whole numbers from 0. */
export function checkRange(offset: number, length: number): void {
  for (const [field, value] of Object.entries({ offset, length }))
    if (!Number.isSafeInteger(value) || value < 0)
      throw new MailkeepError("invalid", `the ${field} of a range must be a whole number from 0`, { field });
}
