// What a profile would do, before it does it: whom it chooses and why, what some of their mailboxes hold, what filter and
// deletion rule would leave and take, and what the first run would cost. Changes nothing.
import { loadApplied } from "../catalog/messages.js";
import { inParallel } from "../core/channel.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import { minute, second } from "../core/time.js";
import { findAccess } from "../mailboxes/access.js";
import { type Choice, chooseMailboxes } from "../mailboxes/choose.js";
import type { ClaimDeps } from "../mailboxes/claim.js";
import { exclusionText } from "../mailboxes/classify.js";
import type { MailboxEntry } from "../mailboxes/mailbox.js";
import { withMailbox } from "../mailboxes/with-mailbox.js";
import type { Tenants } from "../ports/tenants.js";
import type { ProfileInput } from "../profiles/profile.js";
import { judgeOf } from "../profiles/verdict.js";
import { selectionOf } from "../runs/choice.js";
import { estimate } from "./estimate.js";
import { type Glance, glanceAt, type Sampled, together } from "./sample.js";

export interface PreviewDeps extends ClaimDeps {
  tenants: Tenants;
}

/** Lists are cut at so many; the counts beside them are whole. */
const mostShown = 1_000;
/** So many mailboxes are opened and counted. */
const mostCounted = 10;
const atOnce = 4;
/** An HTTP answer must be out within 230 s. */
const budgetMs = 2 * minute;
const longestRequestMs = 60 * second;

type CountedMailbox = MailboxEntryView & {
  status: "counted" | "busy" | "notRead";
  /** Why it could not be counted. */
  problem?: { code: string; message: string };
  folders: Glance["folders"];
  problems: Glance["problems"];
  messages: number;
  archived: number;
  sampled: Sampled | null;
};

interface MailboxEntryView {
  id: string;
  address: string;
  displayName: string;
}

export type Preview = Awaited<ReturnType<typeof previewProfile>>;

/** @throws MailkeepError `conflict` (DIRECTORY_SYNC_REQUIRED) when nobody knows yet who is there */
export async function previewProfile(profile: ProfileInput, deps: PreviewDeps) {
  const choice = await chooseMailboxes(profile, deps, { patient: false });
  const counted = await countSome(choice, profile, deps);
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
    })),
    excluded: choice.excluded.slice(0, mostShown).map(({ mailbox, reason, selectedBy }) => ({
      ...named(mailbox),
      reason,
      because: exclusionText[reason] ?? reasonText(reason),
      selectedBy,
    })),
    unresolved: choice.unresolved.slice(0, mostShown),
    groups,
    counted,
    filter: { active: judgeOf(profile.filter).scope !== undefined, sampled, share: rounded(share) },
    deletion: deletionOf(profile, sampled, first.messages),
    firstRun: first,
  };
}

const named = ({ id, address, displayName }: MailboxEntry): MailboxEntryView => ({ id, address, displayName });
const reasonText = (reason: string): string =>
  reason === "EXCEPTED_BY_PROFILE" ? "the profile leaves it out by name or group" : `Graph says ${reason}`;
const rounded = (share: number): number => Math.round(share * 1_000) / 1_000;

async function countSome({ chosen }: Choice, profile: ProfileInput, deps: PreviewDeps): Promise<CountedMailbox[]> {
  const deadlineMs = deps.clock.monotonicMs() + budgetMs;
  const some = chosen.slice(0, mostCounted).map(({ mailbox }) => mailbox);
  const counted: CountedMailbox[] = some.map((mailbox) => ({
    ...named(mailbox),
    status: "notRead",
    folders: [],
    problems: [],
    messages: 0,
    archived: 0,
    sampled: null,
  }));
  await inParallel(some.entries(), atOnce, async ([at, mailbox]) => {
    const before = counted[at] as CountedMailbox;
    counted[at] = { ...before, ...(await countOne(mailbox, profile, { ...deps, deadlineMs })) };
  });
  return counted;
}

/** A mailbox that cannot be read now says so; the others are counted all the same. */
async function countOne(
  { id, connection }: MailboxEntry,
  profile: ProfileInput,
  deps: PreviewDeps & { deadlineMs: number },
): Promise<Partial<CountedMailbox>> {
  const { rows, clock, ticker, deadlineMs } = deps;
  try {
    if (clock.monotonicMs() >= deadlineMs) throw timeIsUp();
    const { messages: archived } = await loadApplied(rows, id);
    const { mail } = await deps.tenants.of(connection);
    const requestTimeoutMs = Math.min(profile.requestTimeoutSeconds * second, longestRequestMs);
    const { asks: extra } = judgeOf(profile.filter);
    const glance = await withMailbox(id, { ...deps, mail, requestTimeoutMs, extra }, async (reader, claim) => {
      const stop = ticker.every(second, () => {
        if (clock.monotonicMs() >= deadlineMs) claim.abort(timeIsUp());
      });
      return glanceAt(reader, profile, { clock }).finally(stop);
    });
    if (glance === undefined) return { status: "busy", archived };
    return { status: "counted", ...glance, archived };
  } catch (error) {
    if (!isMailkeepError(error)) throw error;
    const refused = await findAccess(rows, id);
    const since = refused?.readable === false ? `; refused since ${refused.since}` : "";
    return { status: "notRead", problem: { code: error.reason ?? error.code, message: `${error.message}${since}` } };
  }
}

const timeIsUp = () =>
  new MailkeepError("cancelled", "the time of the preview was up", { reason: "NOT_TESTED_IN_TIME" });

/** What cannot be known before a dry run is said to be an estimate. */
function deletionOf({ deletion }: ProfileInput, sampled: Sampled, messages: number) {
  if (deletion.mode === "none") return { mode: "none" as const, note: "nothing is deleted from any mailbox" };
  const share = sampled.looked === 0 ? 0 : sampled.oldEnough / sampled.looked;
  const oldEnough = Math.round(messages * share);
  return {
    mode: deletion.mode,
    action: deletion.action,
    dryRun: deletion.dryRun,
    oldEnoughNow: oldEnough,
    firstAfterDays: deletion.graceDays,
    mostInOneRun: Math.min(deletion.maxPerRun, oldEnough),
    runsUntilDone: deletion.maxPerRun === 0 ? 0 : Math.ceil(oldEnough / deletion.maxPerRun),
    note: `an estimate from ${sampled.looked} messages; what is deleted must besides be archived, read back, unchanged, ${deletion.graceDays} days in the archive and on no hold: a run with dryRun true names it exactly`,
  };
}
