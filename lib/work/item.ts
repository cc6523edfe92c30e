// What a queue message says. Ids only: the rows hold the rest.
import { z } from "zod";
import { ExportId, HeadId, HousekeepingId, MailboxId, RunId, VerificationId } from "../core/ids.js";

export const WorkItem = z.discriminatedUnion("kind", [
  /** Resolve the run's profile to mailboxes and send one item for each. */
  z.object({
    v: z.literal(1),
    kind: z.literal("start-run"),
    run: RunId,
    /** Which try it is, from 0. */
    attempt: z.number().int().nonnegative().optional(),
  }),
  /** Archive one mailbox for a run, or go on where generation `generation - 1` stopped. */
  z.object({
    v: z.literal(1),
    kind: z.literal("archive-mailbox"),
    run: RunId,
    mailbox: MailboxId,
    generation: z.number().int().nonnegative(),
  }),
  /** Read back one mailbox for a verification, from where its row says; without a mailbox: send one item for each. */
  z.object({ v: z.literal(1), kind: z.literal("verify"), verification: VerificationId, mailbox: MailboxId.optional() }),
  /** Nothing to do: an access test sent it to see whether work can be sent. */
  z.object({ v: z.literal(1), kind: z.literal("probe") }),
  /** Write an export, from where its row says. */
  z.object({ v: z.literal(1), kind: z.literal("export"), export: ExportId }),
  /** Make a head of all mailboxes, go on with it, or sign and stamp it. */
  z.object({ v: z.literal(1), kind: z.literal("head"), head: HeadId }),
  /** Go on with a piece of housekeeping, from where its row says. */
  z.object({ v: z.literal(1), kind: z.literal("housekeeping"), housekeeping: HousekeepingId }),
]);
export type WorkItem = z.infer<typeof WorkItem>;
