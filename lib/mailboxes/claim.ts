// The right to talk to one mailbox: held by one worker at a time, renewed while it works, handed on with the request
// history so that the next worker keeps to the same ten-minute window.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { MailboxId, Random } from "../core/ids.js";
import { type Clock, second, type Ticker } from "../core/time.js";
import type { RequestHistory } from "../ports/mail-source.js";
import type { RowStore } from "../ports/row-store.js";

/** A worker that died is replaced after this long; short enough for a person to wait, long enough for a slow renewal. */
const leaseMs = 45 * second;
const renewEveryMs = 10 * second;

export interface ClaimDeps {
  rows: RowStore;
  clock: Clock;
  random: Random;
  ticker: Ticker;
}

export interface Claim {
  /** What earlier speakers for the mailbox sent. */
  history: RequestHistory;
  /** Each renewal writes down what was sent by then, so that whoever follows a dead worker keeps to the same window. */
  follow(sent: () => RequestHistory): void;
  /** Aborted when the claim is lost: nothing may be sent for the mailbox any more. */
  signal: AbortSignal;
  /** Stops the work from outside, e.g. because the run was cancelled. */
  abort(reason: MailkeepError): void;
  /** @throws cancelled when the claim was lost or has run out. */
  assertHeld(): void;
  release(history: RequestHistory): Promise<void>;
}

export type ClaimAttempt = { kind: "claimed"; claim: Claim } | { kind: "held"; retryAfterMs: number };

const claimRow = "claim";
const noHistory: RequestHistory = { slots: [] };

export async function takeClaim(mailbox: MailboxId, deps: ClaimDeps): Promise<ClaimAttempt> {
  const { rows, clock, random } = deps;
  const key = { partition: mailbox, row: claimRow };
  const row = await rows.get("claims", key);
  const now = clock.now().getTime();
  const until = Number(row?.values.until ?? 0);
  if (until > now) return { kind: "held", retryAfterMs: until - now };
  const history = row === undefined ? noHistory : (JSON.parse(String(row.values.history)) as RequestHistory);
  const holder = random.hex(16);
  const values = { holder, until: now + leaseMs, history: JSON.stringify(history) };
  const etag = await writeClaim(key, values, row?.etag, rows);
  if (etag === undefined) return { kind: "held", retryAfterMs: leaseMs };
  return { kind: "claimed", claim: heldClaim({ key, holder, history, etag }, deps) };
}

interface ClaimValues {
  holder: string;
  until: number;
  history: string;
}

/**
 * Undefined when somebody else was quicker. After a lost answer our own write looks like somebody else's, so the row is
 * asked; an earlier write of ours under it is written over, or the row would promise less than we believe.
 */
async function writeClaim(
  key: { partition: string; row: string },
  values: ClaimValues,
  etag: string | undefined,
  rows: RowStore,
): Promise<string | undefined> {
  try {
    return etag === undefined
      ? await rows.insert("claims", key, { ...values })
      : await rows.replace("claims", key, { ...values }, etag);
  } catch (error) {
    if (!isMailkeepError(error, "conflict", "precondition-failed")) throw error;
    const current = await rows.get("claims", key);
    if (current?.values.holder !== values.holder) return undefined;
    return current.values.until === values.until ? current.etag : writeClaim(key, values, current.etag, rows);
  }
}

interface Hold {
  key: { partition: string; row: string };
  holder: string;
  history: RequestHistory;
  etag: string;
}

function heldClaim(hold: Hold, { rows, clock, ticker }: ClaimDeps): Claim {
  const stop = new AbortController();
  let { etag } = hold;
  let heldUntil = clock.monotonicMs() + leaseMs;
  let writing: Promise<void> = Promise.resolve();
  let sent = () => hold.history;

  const write = (until: number, history: RequestHistory): Promise<void> => {
    writing = writing.then(async () => {
      const values = { holder: hold.holder, until, history: JSON.stringify(history) };
      const written = await writeClaim(hold.key, values, etag, rows);
      if (written === undefined) throw new MailkeepError("conflict", "another worker holds this mailbox");
      etag = written;
    });
    return writing;
  };
  const lose = (cause: unknown) =>
    stop.abort(
      new MailkeepError("cancelled", "another worker took over this mailbox", { reason: "CLAIM_LOST", cause }),
    );
  const renew = async () => {
    const renewedAt = clock.monotonicMs();
    try {
      await write(clock.now().getTime() + leaseMs, sent());
      heldUntil = renewedAt + leaseMs;
    } catch (error) {
      // Storage that is away for a moment is no reason to stop before the lease runs out.
      if (!isMailkeepError(error, "unavailable") || clock.monotonicMs() >= heldUntil) lose(error);
      else writing = Promise.resolve();
    }
  };
  const stopRenewing = ticker.every(renewEveryMs, () => void renew());

  return {
    history: hold.history,
    follow(source) {
      sent = source;
    },
    signal: stop.signal,
    abort: (reason) => stop.abort(reason),
    assertHeld() {
      if (clock.monotonicMs() >= heldUntil) lose(undefined);
      stop.signal.throwIfAborted();
    },
    async release(history) {
      stopRenewing();
      try {
        await writing.catch(() => {});
        await write(0, history);
      } catch (error) {
        // Somebody else holds it by now, or it will run out by itself.
        if (!isMailkeepError(error, "conflict", "not-found", "unavailable")) throw error;
      }
    },
  };
}

/** Whether a worker holds the mailbox now. */
export async function isClaimed(
  mailbox: MailboxId,
  { rows, clock }: Pick<ClaimDeps, "rows" | "clock">,
): Promise<boolean> {
  const row = await rows.get("claims", { partition: mailbox, row: claimRow });
  return Number(row?.values.until ?? 0) > clock.now().getTime();
}

/** Who held the mailbox last, and until when (epoch milliseconds; 0 once given back). */
export async function claimState(
  mailbox: MailboxId,
  rows: RowStore,
): Promise<{ holder: string; until: number } | undefined> {
  const row = await rows.get("claims", { partition: mailbox, row: claimRow });
  return row && { holder: String(row.values.holder), until: Number(row.values.until) };
}
