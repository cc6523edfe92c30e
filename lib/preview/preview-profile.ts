// What a profile would do, before it does it: whom it chooses and why, what some of their mailboxes hold, what filter and
// deletion rule would leave and take, and what the first run would cost. Changes nothing.
import { type Choice, chooseMailboxes } from "../mailboxes/choose.js";
import type { ClaimDeps } from "../mailboxes/claim.js";
import { exclusionText } from "../mailboxes/classify.js";
import type { MailboxEntry } from "../mailboxes/mailbox.js";
import { type Assignment, assignOverrides } from "../mailboxes/overrides.js";
import type { Tenants } from "../ports/tenants.js";
import type { DeletionRule } from "../profiles/deletion.js";
import {
  type MailboxSettings,
  namesInOverrides,
  type ProfileSettings,
  ruleIn,
  type SealedProfile,
  settingsFor,
  viewSettings,
} from "../profiles/settings.js";
import { judgeOf } from "../profiles/verdict.js";
import { overrideProblemsOf, selectionOf } from "../runs/choice.js";
import { explained } from "../runs/view.js";
import { type CountedMailbox, countSome } from "./count.js";
import { estimate } from "./estimate.js";
import { together } from "./sample.js";

export interface PreviewDeps extends ClaimDeps {
  tenants: Tenants;
}

/** Lists are cut at so many; the counts beside them are whole. */
const mostShown = 1_000;

export type Preview = Awaited<ReturnType<typeof previewProfile>>;

/** @throws MailkeepError `conflict` (DIRECTORY_SYNC_REQUIRED) when nobody knows yet who is there */
export async function previewProfile(profile: SealedProfile, deps: PreviewDeps) {
  const choice = await chooseMailboxes(profile, deps, { patient: false, also: namesInOverrides(profile.settings) });
  const assignment = assignOverrides(profile.settings, choice, choice.snapshot.entries);
  const settingsOf = (mailbox: MailboxEntry) => settingsFor(profile.settings, assignment.of(mailbox));
  const counted = await countSome(choice, settingsOf, deps);
  const read = counted.filter(({ status }) => status === "counted");
  const sampled = together(read.flatMap((one) => one.sampled ?? []));
  const share = sampled.looked === 0 ? 1 : sampled.wanted / sampled.looked;
  const chosen = choice.chosen.length;
  const first = estimate(read, { chosen, share });
  const { groups } = selectionOf(choice, profile.mailboxes.mode);
  return {
    directoryAsOf: choice.snapshot.syncedAt,
    mailboxes: {
      chosen: chosen,
      excluded: choice.excluded.length,
      unresolved: choice.unresolved.length,
    },
    chosen: choice.chosen.slice(0, mostShown).map(({ mailbox, selectedBy }) => ({
      ...named(mailbox),
      kind: mailbox.kind,
      selectedBy,
      override: assignment.of(mailbox) ?? null,
    })),
    excluded: choice.excluded.slice(0, mostShown).map(({ mailbox, reason, selectedBy }) => ({
      ...named(mailbox),
      reason,
      because: exclusionText[reason] ?? reasonText(reason),
      selectedBy,
    })),
    unresolved: choice.unresolved.slice(0, mostShown),
    groups,
    settings: viewSettings(profile.settings),
    overrides: assignment.places.slice(0, mostShown),
    problems: overrideProblemsOf(assignment).map(explained),
    counted,
    filter: { active: isFiltered(choice, profile.settings, assignment), sampled, share: rounded(share) },
    deletion: deletionOf({ rule: ruleIn(profile.settings), choice, settingsOf, assignment }, read, first.messages),
    firstRun: first,
  };
}

const named = ({ id, address, displayName }: MailboxEntry) => ({ id, address, displayName });
const reasonText = (reason: string): string =>
  reason === "EXCEPTED_BY_PROFILE" ? "the profile leaves it out by name or group" : `Graph says ${reason}`;
const rounded = (share: number): number => Math.round(share * 1_000) / 1_000;

/** What holds for a mailbox of the profile. */
type SettingsOf = (mailbox: MailboxEntry) => MailboxSettings;

/** Whether the filter of any chosen mailbox leaves anything out. */
function isFiltered({ chosen }: Choice, settings: ProfileSettings, { of }: Assignment): boolean {
  const applied = new Map(chosen.map(({ mailbox }) => [of(mailbox)?.index, of(mailbox)]));
  return [...applied.values()].some((override) => judgeOf(settingsFor(settings, override).filter).scope !== undefined);
}

/** What cannot be known before a dry run is said to be an estimate. */
function deletionOf(
  {
    rule,
    choice: { chosen },
    settingsOf,
    assignment: { mayMissExemption },
  }: { rule: DeletionRule | undefined; choice: Choice; settingsOf: SettingsOf; assignment: Assignment },
  counted: CountedMailbox[],
  messages: number,
) {
  if (rule === undefined) return { mode: "none" as const, note: "nothing is deleted from any mailbox" };
  const exempt = chosen.filter(({ mailbox }) => settingsOf(mailbox).deletion.mode === "none").length;
  const subject = counted.filter(({ settings }) => settings.deletion.mode !== "none");
  const { looked, oldEnough } = together(subject.flatMap((one) => one.sampled ?? []));
  const share = looked === 0 || mayMissExemption ? 0 : oldEnough / looked;
  const oldEnoughNow = Math.round(messages * share * (1 - exempt / Math.max(1, chosen.length)));
  const withheld = mayMissExemption
    ? "nothing is deleted from any mailbox until it is known whom every override means; "
    : "";
  return {
    mode: rule.mode,
    action: rule.action,
    dryRun: rule.dryRun,
    exempt,
    oldEnoughNow,
    firstAfterDays: rule.graceDays,
    mostInOneRun: Math.min(rule.maxPerRun, oldEnoughNow),
    runsUntilDone: rule.maxPerRun === 0 ? 0 : Math.ceil(oldEnoughNow / rule.maxPerRun),
    note: `${withheld}an estimate from ${looked} messages; what is deleted must besides be archived, read back, unchanged, ${rule.graceDays} days in the archive and on no hold: a run with dryRun true names it exactly`,
  };
}
