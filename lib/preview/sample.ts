// A glance into one mailbox: its folders with their counts, and what filter and deletion rule say of some of its messages.
import { readTree } from "../archive/tree.js";
import { treeProblems } from "../archive/tree-problems.js";
import { inParallel } from "../core/channel.js";
import { isMailkeepError } from "../core/errors.js";
import { type Clock, day } from "../core/time.js";
import type { MailboxReader, MessageFacts } from "../ports/mail-source.js";
import type { MailboxSettings } from "../profiles/settings.js";
import { judgeOf } from "../profiles/verdict.js";

export interface FolderCount {
  path: string;
  messages: number;
  chosen: boolean;
}

export interface Sampled {
  /** Messages that were looked at. */
  looked: number;
  /** The filter wants them now. */
  wanted: number;
  /** It will, once they are old enough. */
  later: number;
  /** It does not, by cause. */
  left: Record<string, number>;
  /** Among the wanted: Graph does not say what the filter asks, so they are taken. */
  unjudged: number;
  /** Old enough for the deletion rule. */
  oldEnough: number;
}

export interface Glance {
  folders: FolderCount[];
  problems: { code: string; message: string; folderPath?: string }[];
  messages: number;
  sampled: Sampled;
}

/** A sample of so many folders, the largest, and so many messages of each. */
const foldersSampled = 5;
const messagesOfFolder = 100;

export async function glanceAt(
  reader: MailboxReader,
  settings: MailboxSettings,
  { clock }: { clock: Clock },
): Promise<Glance> {
  const tree = await readTree(reader, settings.folders);
  const chosen = new Set(tree.wanted.map(({ id }) => id));
  const largest = [...tree.wanted].sort((a, b) => b.totalItemCount - a.totalItemCount).slice(0, foldersSampled);
  const found: MessageFacts[] = [];
  const problems = treeProblems(tree, true).map(({ code, message, folderPath }) => ({
    code,
    message,
    ...(folderPath !== undefined && { folderPath }),
  }));
  await inParallel(largest, 4, async ({ id, path }) => {
    try {
      const page = await reader.changes(id, undefined, messagesOfFolder);
      if (page.kind === "page")
        for (const change of page.changes) if (change.kind === "present") found.push(change.message);
    } catch (error) {
      if (!isMailkeepError(error, "forbidden", "unavailable", "invalid", "too-large")) throw error;
      problems.push({ code: error.reason ?? error.code, message: "gave no messages to look at", folderPath: path });
    }
  });
  return {
    folders: [...tree.all.values()].map(({ id, path, totalItemCount }) => ({
      path,
      messages: totalItemCount,
      chosen: chosen.has(id),
    })),
    problems,
    messages: tree.wanted.reduce((sum, { totalItemCount }) => sum + totalItemCount, 0),
    sampled: judged(found, settings, clock.now()),
  };
}

const nothingSampled = (): Sampled => ({ looked: 0, wanted: 0, later: 0, left: {}, unjudged: 0, oldEnough: 0 });

/** Pure: by the very judge that a run asks. */
export function judged(messages: MessageFacts[], { filter, deletion }: MailboxSettings, now: Date): Sampled {
  const judge = judgeOf(filter);
  const sampled = { ...nothingSampled(), looked: messages.length };
  const oldest = deletion.mode === "none" ? Number.NEGATIVE_INFINITY : now.getTime() - deletion.olderThanDays * day;
  for (const message of messages) {
    const verdict = judge.verdict(message, { now, whole: true });
    if (verdict.kind === "wait") sampled.later++;
    else if (verdict.kind === "skip") sampled.left[verdict.cause] = (sampled.left[verdict.cause] ?? 0) + 1;
    else {
      sampled.wanted++;
      if (verdict.kind === "take" && verdict.unjudged) sampled.unjudged++;
      if (Date.parse(message.receivedAt ?? "") <= oldest) sampled.oldEnough++;
    }
  }
  return sampled;
}

export function together(samples: Sampled[]): Sampled {
  const sum = nothingSampled();
  for (const { looked, wanted, later, left, unjudged, oldEnough } of samples) {
    sum.looked += looked;
    sum.wanted += wanted;
    sum.later += later;
    sum.unjudged += unjudged;
    sum.oldEnough += oldEnough;
    for (const [cause, count] of Object.entries(left)) sum.left[cause] = (sum.left[cause] ?? 0) + count;
  }
  return sum;
}
