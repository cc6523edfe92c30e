// Pure: which override of a profile holds for which mailbox, and what is wrong with those that hold for none.
import type { SettingName } from "../profiles/overrides.js";
import { type AppliedOverride, overridesIn, type ProfileSettings } from "../profiles/settings.js";
import { exclusionText } from "./classify.js";
import type { MailboxEntry } from "./mailbox.js";
import { indexNames, type NameIndex } from "./name-index.js";
import type { Unanswered } from "./strangers.js";

export const overrideProblems = [
  "OVERRIDE_MAILBOX_NOT_FOUND",
  "OVERRIDE_MAILBOX_NOT_SELECTED",
  "OVERRIDE_CONFLICT",
] as const;

export interface OverrideProblem {
  code: (typeof overrideProblems)[number];
  message: string;
}

/** One name of one override, and whom it means. */
export interface OverridePlace {
  /** The place of the override in the profile's list. */
  index: number;
  name: string;
  /** Null when nobody in the directory has the name. */
  mailbox: { id: string; address: string } | null;
  replaces: SettingName[];
  problem: OverrideProblem | null;
}

export interface Assignment {
  /** The override that holds for the mailbox. */
  of(mailbox: Pick<MailboxEntry, "id">): AppliedOverride | undefined;
  /** In the order of the profile. */
  places: OverridePlace[];
  /**
   * Whether an override that bears on what is deleted means somebody who cannot be found. Whoever that is may be exempt, so
   * nothing may be deleted from anybody.
   */
  mayMissExemption: boolean;
}

interface Who {
  mailbox: Pick<MailboxEntry, "id">;
}

interface Whole {
  chosen: readonly Who[];
  excluded: readonly (Who & { reason: string })[];
  /** Names for which the directory did not answer. */
  unanswered?: Unanswered;
}

/** @param directory the snapshot as a whole, or as much of it as is known */
export function assignOverrides(
  settings: ProfileSettings,
  { chosen, excluded, unanswered = new Map() }: Whole,
  directory: readonly MailboxEntry[],
): Assignment {
  const overrides = overridesIn(settings);
  const applied = new Map<string, AppliedOverride>();
  if (overrides.length === 0) return { of: () => undefined, places: [], mayMissExemption: false };
  const lookup: Lookup = {
    index: indexNames(directory),
    chosen: new Set(chosen.map(({ mailbox }) => mailbox.id)),
    unanswered,
    left: new Map(excluded.map(({ mailbox, reason }) => [mailbox.id, reason])),
    applied,
  };
  const places = overrides.flatMap(({ mailboxes, replaces }, index) =>
    mailboxes.map((name) => placeOf({ index, name, replaces }, lookup)),
  );
  const isLost = ({ mailbox, replaces }: OverridePlace) => mailbox === null && replaces.some(bearsOnDeletion);
  return { of: ({ id }) => applied.get(id), places, mayMissExemption: places.some(isLost) };
}

/** Folders and filter choose what the rule may delete. */
const bearsOnDeletion = (name: SettingName): boolean => name !== "requestTimeoutSeconds";

interface Lookup {
  index: NameIndex;
  chosen: ReadonlySet<string>;
  unanswered: Unanswered;
  /** Why a mailbox is left out. */
  left: ReadonlyMap<string, string>;
  /** Filled. */
  applied: Map<string, AppliedOverride>;
}

function placeOf(
  { index, name, replaces }: Pick<OverridePlace, "index" | "name" | "replaces">,
  lookup: Lookup,
): OverridePlace {
  const found = lookup.index.find(name)?.mailbox;
  if (found === undefined)
    return { index, name, replaces, mailbox: null, problem: notFound({ index, name, replaces }, lookup) };
  const { id, address } = found;
  const place = { index, name, replaces, mailbox: { id, address } };
  const before = lookup.applied.get(id);
  if (before === undefined) lookup.applied.set(id, { index, name, replaces });
  else if (before.index !== index) {
    lookup.applied.set(id, { ...before, conflictsWith: index });
    return { ...place, problem: conflict(before, { index, name, address }) };
  }
  return { ...place, problem: lookup.chosen.has(id) ? null : notSelected(place, lookup.left.get(id)) };
}

function notFound(
  { index, name, replaces }: Pick<OverridePlace, "index" | "name" | "replaces">,
  { unanswered }: Pick<Lookup, "unanswered">,
): OverrideProblem {
  const silence = unanswered.get(name);
  const why =
    silence === undefined
      ? "nobody in the directory has that name"
      : `whether anybody has that name is not known, since the directory did not answer (${silence.code})`;
  const careful = replaces.some(bearsOnDeletion)
    ? ", and as long as it is not known who that is, nothing is deleted from any mailbox of the profile"
    : "";
  const message = `overrides[${index}] names ${name}, and ${why}: whoever is meant is archived by the profile's own settings${careful}`;
  return { code: "OVERRIDE_MAILBOX_NOT_FOUND", message };
}

function notSelected(
  { index, name, mailbox }: Pick<OverridePlace, "index" | "name" | "mailbox">,
  reason: string | undefined,
): OverrideProblem {
  const who = name.toLowerCase() === mailbox?.address ? name : `${name} (${mailbox?.address})`;
  const why = reason === undefined ? "" : ` (${exclusionText[reason] ?? reason})`;
  const message = `overrides[${index}] names ${who}, whom the profile does not choose${why}; that changes nothing`;
  return { code: "OVERRIDE_MAILBOX_NOT_SELECTED", message };
}

function conflict(
  before: AppliedOverride,
  { index, name, address }: { index: number; name: string; address: string },
): OverrideProblem {
  const message = `overrides[${before.index}] and overrides[${index}] both mean ${address}, as ${before.name} and as ${name}: the first one holds, and nothing is deleted from it until only one does`;
  return { code: "OVERRIDE_CONFLICT", message };
}

/** The first name that means a mailbox which another override means, too; for a caller who is about to save it. */
export function conflictIn(
  overrides: readonly { mailboxes: string[] }[],
  directory: readonly MailboxEntry[],
): { field: string; message: string } | undefined {
  const index = indexNames(directory);
  const first = new Map<string, { at: number; name: string }>();
  for (const [at, { mailboxes }] of overrides.entries())
    for (const [n, name] of mailboxes.entries()) {
      const found = index.find(name)?.mailbox;
      if (found === undefined) continue;
      const before = first.get(found.id);
      if (before === undefined) first.set(found.id, { at, name });
      else if (before.at !== at) {
        const message = `means ${found.address}, whom overrides[${before.at}] means, too, as ${before.name}; a mailbox has one override at most`;
        return { field: `overrides[${at}].mailboxes[${n}]`, message };
      }
    }
  return undefined;
}
