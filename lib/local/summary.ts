// What is said when the first run has ended, and what to try next, with ids that exist.
import type { Api, MailboxView, RunView } from "./api.js";
import { clip, count, duration, size } from "./text.js";

const outcomes: Record<string, string> = {
  succeeded: "Complete: every message is in the archive.",
  noChanges: "Complete: everything was read and nothing was new.",
  succeededWithGaps: "Not complete: something is named below as not archived.",
  failed: "Failed: nothing could be archived.",
  cancelled: "Cancelled.",
};

export function summaryOf(run: RunView, mailboxes: MailboxView[]): string[] {
  const lines = ["", outcomes[run.status] ?? `The run ended as ${run.status}.`];
  if (run.startedAt && run.endedAt) {
    const seconds = Math.max(0.1, (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1_000);
    lines.push(`  ${duration(seconds)}, ${count((run.tally?.stored ?? 0) / seconds)} messages stored a second`);
  }
  if (run.tally !== undefined) {
    const { seen, stored, known, gone, skipped, quarantined } = run.tally;
    lines.push(
      `  ${count(seen)} seen = ${count(stored)} stored (${size(run.bytes ?? 0)}) + ${count(known)} already there + ` +
        `${count(gone)} gone + ${count(skipped)} skipped + ${count(quarantined)} in quarantine`,
    );
  }
  const troubled = mailboxes.filter((mailbox) => mailbox.problems.length > 0 || owedBy(mailbox) > 0);
  for (const mailbox of troubled.slice(0, 5)) {
    const { address, problems } = mailbox;
    if (owedBy(mailbox) > 0) lines.push(`  ${clip(address, 60)}: ${count(owedBy(mailbox))} in quarantine`);
    if (problems.length > 0) lines.push(`  ${clip(address, 60)}: ${clip(JSON.stringify(problems), 200)}`);
  }
  if (troubled.length > 5) lines.push(`  … and ${count(troubled.length - 5)} more mailboxes`);
  for (const problem of (run.problems ?? []).slice(0, 5)) lines.push(`  ${clip(JSON.stringify(problem), 200)}`);
  return lines;
}

const owedBy = ({ coverage }: MailboxView): number => coverage?.quarantined ?? 0;

/** Commands that work as they stand. */
export async function nextThings(
  api: Api,
  base: string,
  { run, mailboxes }: { run: RunView; mailboxes: MailboxView[] },
) {
  const fullest = [...mailboxes].sort((a, b) => b.done - a.done)[0];
  const lines = ["", "Next:"];
  const add = (what: string, command: string) => lines.push(`  ${what}`, `    ${command}`);
  if (fullest !== undefined) {
    const messages = `/mailboxes/${fullest.mailbox}/messages`;
    add("List what is archived of a mailbox:", `curl "${base}${messages}"`);
    const [first] = await api.list<{ key: string }>(messages, 1);
    if (first !== undefined) add("Read one message, byte for byte:", `curl "${base}${messages}/${first.key}/eml"`);
  }
  const owing = mailboxes.find((mailbox) => owedBy(mailbox) > 0);
  if (owing !== undefined)
    add("See which messages are in quarantine, and why:", `curl "${base}/mailboxes/${owing.mailbox}/quarantine"`);
  add("Run again; only what is new is fetched:", `curl -X POST "${base}/profiles/${run.profile}/run"`);
  return lines;
}
