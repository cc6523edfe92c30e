// Which of the profile's overrides holds for which tested mailbox, and what is wrong with the others.
import type { Clock } from "../core/time.js";
import type { Places } from "../faults/explain.js";
import { type Assignment, assignOverrides } from "../mailboxes/overrides.js";
import type { ProfileSettings } from "../profiles/settings.js";
import { failed, ok, type Probe, skipped } from "./probe.js";
import type { Known, Target } from "./targets.js";

/** By the snapshot; whom it does not know yet, by what the directory says of the tested mailboxes themselves. */
export function assignTo(settings: ProfileSettings, targets: Target[], known: Known | undefined): Assignment {
  const entries = known?.entries ?? [];
  const ids = new Set<string>(entries.map(({ id }) => id));
  const others = targets.flatMap(({ entry }) => (entry === undefined || ids.has(entry.id) ? [] : [entry]));
  const asChosen = targets.flatMap(({ mailbox, inProfile }) => (mailbox && inProfile ? [{ mailbox }] : []));
  const chosen = [...(known?.chosen ?? []), ...asChosen];
  const { excluded = [], unanswered = new Map() } = known ?? {};
  return assignOverrides(settings, { chosen, excluded, unanswered }, [...entries, ...others]);
}

const problemsShown = 20;

/** Nothing for a profile without overrides. */
export function overrideProbes(
  { places: named }: Assignment,
  { known, places, clock }: { known: Known | undefined; places: Places; clock: Clock },
): Probe[] {
  if (named.length === 0) return [];
  const detail = "not told: whom the overrides mean is read from the directory snapshot, and there is none yet";
  if (known === undefined) return [skipped("overrides", "DIRECTORY_SYNC_REQUIRED", detail)];
  const problems = named.flatMap(({ problem }) => problem ?? []);
  const found = { names: named.length, problems: problems.slice(0, problemsShown).map(({ message }) => message) };
  const [first] = problems;
  if (first === undefined) return [ok("overrides", "every mailbox that an override names is chosen", found)];
  return [failed("overrides", { code: first.code, detail: first.message, found, places }, clock)];
}
