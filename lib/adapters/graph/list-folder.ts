// The plain list of a folder, read around what Graph cannot render: a stretch that fails is halved until one position is left.
import { MailkeepError } from "../../core/errors.js";
import type { FolderId } from "../../core/ids.js";
import type { ListedStretch, MessageFacts } from "../../ports/mail-source.js";
import type { Reply } from "./client.js";
import type { Page } from "./json.js";
import { type MailboxAsk, valueIn } from "./mailbox-ask.js";
import { readFacts, readId } from "./message-facts.js";

/** With recipients selected Exchange takes up to 30 ms for a message: 250 of them stay well below every time-out. */
const usualStretch = 250;

/** Not one answer from so many positions in a row, and none before: it is the folder that cannot be read. */
const hopelessPositions = 4;

/** A folder with more unreadable positions than this is broken as a whole; each costs up to twenty requests. */
const mostUnreadable = 50;

/** Mail that arrives moves positions, so a message may come twice; one that comes again and again is no way forward. */
const mostRepeats = 4;

const route = "/users/{id}/mailFolders/{id}/messages";

/** Puts a question with the properties that this mailbox gives. */
type Selecting = <T>(ask: (select: string) => Promise<Reply<T>>) => Promise<Reply<T>>;

interface Range {
  at: number;
  size: number;
}

/**
 * From the oldest message on, stretch by stretch. A stretch that fails costs two more requests for each halving, 16 for
 * one bad message in 250.
 * @throws MailkeepError `unavailable` when nothing of the folder can be had, or the folder goes meanwhile
 */
export async function* listFolder(
  ask: MailboxAsk,
  folder: FolderId,
  from: number,
  selecting: Selecting,
): AsyncGenerator<ListedStretch> {
  const path = `/mailFolders/${encodeURIComponent(folder)}/messages`;
  const owed: Range[] = [];
  let next = from;
  let anyRead = false;
  let first: string | undefined;
  let repeats = 0;
  for (let unreadable = 0; ; ) {
    const range = owed.pop() ?? { at: next, size: usualStretch };
    const reply = await selecting((select) => readRange(ask, `${path}?${select}`, range));
    if (reply.kind === "unrendered" && range.size > 1) {
      if (!anyRead && range.size === usualStretch) await assertAnyId(ask, path, range.at);
      owed.push(...halves(range));
      continue;
    }
    const item = reply.kind === "unrendered" ? await readIdAt(ask, path, range.at) : reply;
    if (item.kind === "unrendered") {
      const isHopeless = !anyRead && unreadable + 1 >= hopelessPositions;
      if (isHopeless || ++unreadable > mostUnreadable) valueIn(item, route);
      yield { kind: "unreadable", position: range.at, ...reasonOf(item) };
      next = range.at + 1;
      continue;
    }
    const { items, nextLink } = valueIn<Page<MessageFacts>>(item, route);
    anyRead = true;
    repeats = items[0] !== undefined && items[0].id === first ? repeats + 1 : 0;
    if (repeats >= mostRepeats) throw new MailkeepError("unavailable", "the positions of a list lead nowhere");
    first = items[0]?.id;
    next = range.at + (items.length || range.size);
    if (items.length > 0) yield { kind: "messages", messages: items, next };
    // Behind the end of the list there is an empty page; an id asked for by itself says nothing of what follows.
    if (nextLink === undefined && (reply.kind === "ok" || items.length === 0)) return;
    if (next < range.at + range.size) owed.push({ at: next, size: range.at + range.size - next });
  }
}

/**
 * Before a stretch is halved again and again: whether the folder gives as much as an id of its first messages. What keeps a
 * whole folder shut is found by that in one step.
 * @throws MailkeepError `unavailable`
 */
async function assertAnyId(ask: MailboxAsk, path: string, from: number): Promise<void> {
  const positions = Array.from({ length: hopelessPositions }, (_, n) => from + n);
  const replies = await Promise.all(positions.map((position) => readIdAt(ask, path, position)));
  const [first] = replies;
  if (first !== undefined && replies.every(({ kind }) => kind === "unrendered")) valueIn(first, route);
}

/** The later half lies deeper on the stack. */
function halves({ at, size }: Range): Range[] {
  const half = Math.ceil(size / 2);
  return [
    { at: at + half, size: size - half },
    { at, size: half },
  ];
}

function readRange(ask: MailboxAsk, path: string, { at, size }: Range): Promise<Reply<Page<MessageFacts>>> {
  return ask.stretch({
    route,
    where: "folder",
    path: `${path}&$orderby=receivedDateTime&$top=${size}&$skip=${at}`,
    item: readFacts,
    // A smaller stretch is the better second try; what is to be given up is tried twice.
    failureTries: size === usualStretch || size === 1 ? 2 : 1,
  });
}

function readIdAt(ask: MailboxAsk, path: string, position: number): Promise<Reply<Page<MessageFacts>>> {
  return ask.stretch({
    route,
    where: "folder",
    path: `${path}?$select=id&$orderby=receivedDateTime&$top=1&$skip=${position}`,
    item: (raw) => ({ id: readId(raw) }),
    failureTries: 2,
  });
}

/** For a person and for a support case. */
export function reasonOf({ reason, requestId }: { reason: string; requestId: string | undefined }) {
  return { reason, ...(requestId !== undefined && { requestId }) };
}
