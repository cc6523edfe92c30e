// What shall be exported, and in which format, as a caller sends it.
import { z } from "zod";
import { MessageKey, ProfileId } from "../core/ids.js";
import { byIdOrPath } from "../reading/input.js";

const Time = z.union([z.iso.datetime({ offset: true }), z.iso.date()], "is not an ISO 8601 date or time");

/** Omitted conditions select everything; unknown fields are refused. */
export const ExportInput = z
  .strictObject({
    /** `eml-zip`: a file for each message; `mbox`: a file for each folder; `bagit`: a bag (RFC 8493) of `.eml` files. */
    format: z.enum(["eml-zip", "mbox", "bagit"]),
    /** Ids or addresses. Either these or a profile. */
    mailboxes: z.array(z.string().trim().min(1).max(320)).max(10_000).default([]),
    /** Every mailbox the profile covers, with all that the archive holds of it. */
    profile: ProfileId.nullable().default(null),
    /** A folder id, or a path like /Inbox/Projects, matched with everything below it and without regard to case. */
    folder: z.string().min(1).max(2_000).refine(byIdOrPath.check, byIdOrPath.message).optional(),
    /** Received from (inclusive) and to (exclusive). */
    from: Time.optional(),
    to: Time.optional(),
    /** Part of the sender's address or name, without regard to case. */
    sender: z.string().trim().min(1).max(320).optional(),
    /** Words that must all occur in the subject, without regard to case. */
    subject: z.string().trim().min(1).max(500).optional(),
    /**
     * In a bag: ledger records and the signed head that prove its messages. Records name all messages of their commit, also
     * those that were not exported: subjects, senders, folders.
     */
    proofs: z.boolean().optional(),
    /** These messages of the one mailbox named. */
    keys: z.array(MessageKey).min(1).max(10_000).optional(),
  })
  .superRefine(({ mailboxes, profile, keys, proofs, format }, check) => {
    const wrong = (field: string, message: string) => check.addIssue({ code: "custom", path: [field], message });
    if (mailboxes.length > 0 === (profile !== null)) wrong("mailboxes", "name either mailboxes or a profile");
    if (proofs !== undefined && format !== "bagit") wrong("proofs", "proofs are for the format bagit");
    if (keys !== undefined && mailboxes.length !== 1) wrong("keys", "keys need exactly one mailbox");
  });
export type ExportInput = z.output<typeof ExportInput>;
