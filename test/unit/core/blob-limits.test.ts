import { describe, expect, it } from "vitest";
import { checkBlobName } from "../../../lib/core/blob-limits.js";
import { sha256 } from "../../../lib/core/digest.js";
import { MailboxId } from "../../../lib/core/ids.js";
import { attachmentPath, ledgerName, packName, packPath } from "../../../lib/ledger/record.js";

const hash = sha256(new Uint8Array());
const mailbox = MailboxId.parse("c9da6455-213d-42c9-9a79-3e9149a57833");

describe("checkBlobName", () => {
  it.each([
    ledgerName(mailbox, 1),
    packPath(mailbox, packName(12, hash)),
    attachmentPath(hash),
    "a",
    "exports/e_1/part-1.zip",
  ])("takes %s", (name) => {
    expect(() => checkBlobName(name)).not.toThrow();
  });

  it("answers at once for a long name that fails only at its end", () => {
    for (const part of ["a.", "a-", "a/", "."])
      expect(() => checkBlobName(`${part.repeat(500)}?`)).toThrowError(expect.objectContaining({ code: "invalid" }));
  });
});
