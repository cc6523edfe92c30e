// What the person sees while a run goes on: a block that is redrawn on a terminal, plain lines everywhere else.
import type { MailboxView, RunView } from "./api.js";
import { bar, clip, count, duration, share, size } from "./text.js";

export interface Display {
  /** A line that stays. */
  say(line: string): void;
  show(run: RunView, mailboxes: MailboxView[]): void;
  /** No more redrawing: what is shown stays. */
  done(): void;
}

export interface Screen {
  write(text: string): void;
  columns: number;
  rows: number;
  color: boolean;
}

const active = new Set(["running", "throttled"]);
const ended = (mailbox: MailboxView): boolean => !active.has(mailbox.status) && mailbox.status !== "pending";

/** Redraws a block in place; lines said in between move up above it. */
export function liveDisplay(screen: Screen): Display {
  let block: string[] = [];
  const erase = () => (block.length > 0 ? `\x1b[${block.length}A\x1b[J` : "");
  const text = () => block.map((line) => `${line}\n`).join("");
  return {
    say: (line) => screen.write(`${erase()}${line}\n${text()}`),
    show: (run, mailboxes) => {
      const before = erase();
      block = drawBlock(run, mailboxes, screen);
      screen.write(before + text());
    },
    done: () => {
      block = [];
    },
  };
}

/** Says how far the run is whenever something has changed, but at most every `everyMs`. For files, pipes and screen readers. */
export function plainDisplay(write: (text: string) => void, now: () => number, everyMs = 3_000): Display {
  let last = Number.NEGATIVE_INFINITY;
  let saidBefore = "";
  const say = (line: string) => write(`${line}\n`);
  return {
    say,
    show: (run, mailboxes) => {
      const line = headline(run, mailboxes);
      if (line === saidBefore || now() - last < everyMs) return;
      saidBefore = line;
      last = now();
      say(line);
    },
    done: () => undefined,
  };
}

/** One line for the whole run. Mailboxes that are not to be archived do not count. */
export function headline(run: RunView, all: MailboxView[]): string {
  const [hindrance] = run.problems ?? [];
  if (run.resumeAt && hindrance !== undefined)
    return `${run.status}, next try at ${run.resumeAt.slice(11, 19)} UTC: ${hindrance.code}, ${hindrance.message}`;
  const mailboxes = all.filter(({ status }) => status !== "excluded");
  const sum = (of: (mailbox: MailboxView) => number) => mailboxes.reduce((total, mailbox) => total + of(mailbox), 0);
  const [done, total] = [sum((mailbox) => mailbox.done), sum((mailbox) => mailbox.total)];
  // A share of a total that is not known yet would run ahead and then fall back.
  const uncounted = mailboxes.some(({ status, total }) => status === "pending" && total === 0);
  const rate = sum((mailbox) => (active.has(mailbox.status) ? (mailbox.ratePerSecond ?? 0) : 0));
  const left = Math.max(0, ...mailboxes.map((mailbox) => (ended(mailbox) ? 0 : (mailbox.secondsLeft ?? 0))));
  const parts = [
    run.status,
    `${mailboxes.filter(ended).length} of ${mailboxes.length} mailboxes`,
    `${count(done)} of ${count(total)} messages ${uncounted ? "so far" : `(${Math.floor(share(done, total) * 100)} %)`}`,
    size(sum((mailbox) => mailbox.bytes)),
  ];
  if (rate > 0) parts.push(`${count(rate)} messages/s`);
  if (left > 0) parts.push(`about ${duration(left)} left`);
  return parts.join(", ");
}

function drawBlock(run: RunView, mailboxes: MailboxView[], { columns, rows, color }: Screen): string[] {
  const paint = (code: number, text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const order = ["running", "throttled", "pending"];
  const rank = ({ status }: MailboxView) => (order.includes(status) ? order.indexOf(status) : order.length);
  const sorted = mailboxes.filter(({ status }) => status !== "excluded").sort((a, b) => rank(a) - rank(b));
  const shown = sorted.slice(0, Math.max(1, Math.min(20, rows - 6)));
  const hidden = sorted.length - shown.length;
  const nameWidth = Math.min(32, Math.max(8, ...shown.map(({ address }) => address.length)));
  return [
    paint(1, clip(headline(run, mailboxes), columns - 1)),
    ...shown.map((mailbox) => clip(mailboxLine(mailbox, nameWidth), columns - 1)),
    ...(hidden > 0 ? [clip(`  … and ${count(hidden)} more`, columns - 1)] : []),
  ];
}

function mailboxLine(mailbox: MailboxView, nameWidth: number): string {
  const { address, status, done, total, ratePerSecond, secondsLeft } = mailbox;
  const part = status === "succeeded" || status === "noChanges" ? 1 : share(done, total);
  const pace = active.has(status) && ratePerSecond ? `, ${count(ratePerSecond)}/s` : "";
  const left = active.has(status) && secondsLeft ? `, ${duration(secondsLeft)} left` : "";
  const name = clip(address, nameWidth).padEnd(nameWidth);
  return `  ${name} ${bar(part, 20)} ${count(done)}/${count(total)} ${status}${pace}${left}`;
}
