// What a profile lets be deleted from its mailboxes after it was archived. Off unless somebody switches it on.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Sha256 } from "../core/digest.js";
import { askedLater, wholeFilter } from "./filter.js";
import type { ProfileInput } from "./profile.js";

/** A hundred years: beyond it a number is a slip of the pen. */
const mostDays = 36_500;

const None = z.strictObject({ mode: z.literal("none") });

const AfterArchive = z.strictObject({
  mode: z.literal("afterArchive"),
  /** Days since the message was received. */
  olderThanDays: z.number().int().min(0).max(mostDays),
  action: z.enum(["moveToDeletedItems", "delete", "permanentDelete"]),
  /** Days since the message was archived. */
  graceDays: z.number().int().min(0).max(3_650).default(7),
  /** Deletions of one run, over all its mailboxes. */
  maxPerRun: z.number().int().min(1).max(10_000).default(500),
  /** True: everything is looked at and proved, and nothing is deleted. */
  dryRun: z.boolean().default(true),
});

export const Deletion = z.discriminatedUnion("mode", [None, AfterArchive]);
export type Deletion = z.infer<typeof Deletion>;
export type DeletionRule = z.infer<typeof AfterArchive>;

/** What a dry run must have been of: the rule without its switch, and everything that says to which messages it applies. */
export function ruleHash({ connection, mailboxes, folders, filter, deletion }: ProfileInput): Sha256 {
  const { dryRun: _, ...rule } = deletion.mode === "none" ? { dryRun: true, ...deletion } : deletion;
  const { flag: _flag, messageClasses: _classes, sensitivity: _marks, sensitivityLabels: _labels, ...early } = filter;
  const asked = { ...early, ...askedLater(wholeFilter(filter)) };
  const text = JSON.stringify({ connection, mailboxes, folders, filter: asked, rule });
  return createHash("sha256").update(text).digest("hex") as Sha256;
}
