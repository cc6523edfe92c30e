// Some of the mailboxes a profile chooses, opened and counted, each by what holds for it.
import { loadApplied } from "../catalog/messages.js";
import { inParallel } from "../core/channel.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import { minute, second } from "../core/time.js";
import { findAccess } from "../mailboxes/access.js";
import type { Choice } from "../mailboxes/choose.js";
import type { ClaimDeps } from "../mailboxes/claim.js";
import type { MailboxEntry } from "../mailboxes/mailbox.js";
import { withMailbox } from "../mailboxes/with-mailbox.js";
import type { Tenants } from "../ports/tenants.js";
import { type MailboxSettings, type SettingValues, valuesOf } from "../profiles/settings.js";
import { judgeOf } from "../profiles/verdict.js";
import { type Glance, glanceAt, type Sampled } from "./sample.js";

export interface CountDeps extends ClaimDeps {
  tenants: Tenants;
}

export interface CountedMailbox {
  id: string;
  address: string;
  displayName: string;
  /** What holds for it, and which of that its override gives. */
  settings: SettingValues;
  overridden: MailboxSettings["overridden"];
  status: "counted" | "busy" | "notRead";
  /** Why it could not be counted. */
  problem?: { code: string; message: string };
  folders: Glance["folders"];
  problems: Glance["problems"];
  messages: number;
  archived: number;
  sampled: Sampled | null;
}

/** So many mailboxes are opened and counted, and so many of them may be those with an override. */
const mostCounted = 10;
const mostOverridden = 5;
const atOnce = 4;
/** An HTTP answer must be out within 230 s. */
const budgetMs = 2 * minute;
const longestRequestMs = 60 * second;

export async function countSome(
  choice: Choice,
  settingsOf: (mailbox: MailboxEntry) => MailboxSettings,
  deps: CountDeps,
): Promise<CountedMailbox[]> {
  const deadlineMs = deps.clock.monotonicMs() + budgetMs;
  const all = choice.chosen.map(({ mailbox }) => ({ mailbox, settings: settingsOf(mailbox) }));
  const some = whomToCount(all);
  const counted = some.map(({ mailbox: { id, address, displayName }, settings }): CountedMailbox => {
    const { overridden } = settings;
    const who = { id, address, displayName, settings: valuesOf(settings), overridden };
    return { ...who, status: "notRead", folders: [], problems: [], messages: 0, archived: 0, sampled: null };
  });
  await inParallel(some.entries(), atOnce, async ([at, { mailbox, settings }]) => {
    const before = counted[at] as CountedMailbox;
    counted[at] = { ...before, ...(await countOne(mailbox, settings, { ...deps, deadlineMs })) };
  });
  return counted;
}

/** The first ones with an override, for people to see what it does; then the first of the others. */
function whomToCount<T extends { settings: MailboxSettings }>(all: T[]): T[] {
  const special = all.filter(({ settings }) => settings.overridden.length > 0).slice(0, mostOverridden);
  const others = all.filter((one) => !special.includes(one));
  return [...special, ...others.slice(0, mostCounted - special.length)];
}

/** A mailbox that cannot be read now says so; the others are counted all the same. */
async function countOne(
  { id, connection }: MailboxEntry,
  settings: MailboxSettings,
  deps: CountDeps & { deadlineMs: number },
): Promise<Partial<CountedMailbox>> {
  const { rows, clock, ticker, deadlineMs } = deps;
  try {
    if (clock.monotonicMs() >= deadlineMs) throw timeIsUp();
    const { messages: archived } = await loadApplied(rows, id);
    const { mail } = await deps.tenants.of(connection);
    const requestTimeoutMs = Math.min(settings.requestTimeoutSeconds * second, longestRequestMs);
    const { asks: extra } = judgeOf(settings.filter);
    const glance = await withMailbox(id, { ...deps, mail, requestTimeoutMs, extra }, async (reader, claim) => {
      const stop = ticker.every(second, () => {
        if (clock.monotonicMs() >= deadlineMs) claim.abort(timeIsUp());
      });
      return glanceAt(reader, settings, { clock }).finally(stop);
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
