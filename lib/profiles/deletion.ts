// What a profile lets be deleted from its mailboxes after it was archived. Off unless somebody switches it on.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Sha256 } from "../core/digest.js";
import { askedLater, type MessageFilter, wholeFilter } from "./filter.js";
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
export function ruleHash({ connection, mailboxes, folders, filter, deletion, overrides }: ProfileInput): Sha256 {
  const { dryRun: _, ...rule } = deletion.mode === "none" ? { dryRun: true, ...deletion } : deletion;
  const bearing = overrides.flatMap(({ requestTimeoutSeconds: _, filter: ofOverride, ...override }) =>
    Object.keys(override).length > 1 || ofOverride
      ? [{ ...override, ...(ofOverride && { filter: askedOf(ofOverride) }) }]
      : [],
  );
  // Left out where there is none: what is on since before there were overrides stays on.
  const others = bearing.length > 0 ? { overrides: bearing } : {};
  const text = JSON.stringify({ connection, mailboxes, folders, filter: askedOf(filter), rule, ...others });
  return createHash("sha256").update(text).digest("hex") as Sha256;
}

/** What came later into filters stands in it only where it is asked: dry runs of older filters stay theirs. */
function askedOf(filter: MessageFilter) {
  const { flag: _flag, messageClasses: _classes, sensitivity: _marks, sensitivityLabels: _labels, ...early } = filter;
  return { ...early, ...askedLater(wholeFilter(filter)) };
}

/** Whether the profile deletes by the very rule, for the very messages, that the hash is of. */
export const isSwitchedOn = (profile: ProfileInput, hash: Sha256): boolean =>
  profile.deletion.mode === "afterArchive" && !profile.deletion.dryRun && ruleHash(profile) === hash;
