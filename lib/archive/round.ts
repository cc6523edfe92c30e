// One delta round of a folder, and what was counted of it: a message counts once, however often rounds that break off and
// begin anew tell of it.
import { shortHash } from "../core/ids.js";
import type { Change } from "../ports/mail-source.js";
import type { FolderLists, Hashes } from "./list-folder.js";
import { type FolderTickets, folderTickets, type PageTicket } from "./tickets.js";

/** One delta round of a folder: until Graph says that it is complete. */
export interface Round {
  tickets: FolderTickets;
  /**
   * Short hashes of the ids reported by this invocation as there, where some may be known or left aside; each with the
   * page, from 1, that did so first.
   */
  told: Map<string, number> | undefined;
  /** Those of them that are told to wait. */
  waits: Set<string>;
  /** The same, when the round began at the folder's start and the archive may know more. */
  reported: Hashes | undefined;
  /** Pages begun, and those of them that are dealt with. They settle in order. */
  pages: { begun: number; settled: number };
  /** What was counted of rounds that ended too early. */
  before: ReadonlySet<string>;
  /** The round replaces knowledge that was lost: removals since then will not be reported by it. */
  resync: boolean;
  quiet: boolean;
}

export function openRound(
  { session, archived }: Pick<FolderLists, "session" | "archived">,
  { resync, link }: { resync: boolean; link: string | undefined },
  broken?: Round,
): Round {
  const mayRepeat = resync || archived.any || session.filter.scope !== undefined;
  const pages = { begun: 0, settled: 0 };
  const tickets = folderTickets((mark, known, aside) => {
    pages.settled++;
    session.writer.mark(mark, known, aside);
  });
  const told = mayRepeat ? new Map<string, number>() : undefined;
  return {
    tickets,
    told,
    pages,
    before: broken === undefined ? new Set() : countedIn(broken),
    waits: broken?.waits ?? new Set(),
    reported: resync && link === undefined ? told : undefined,
    resync,
    quiet: true,
  };
}

/** What this round has told of, and what was counted before it. */
export const heardIn = ({ told, before }: Round): Hashes => ({ has: (hash) => told?.has(hash) || before.has(hash) });

/** What was counted of this round, which is abandoned, and before it. */
export function countedIn({ told, pages, before }: Round): Set<string> {
  const counted = new Set(before);
  for (const [hash, page] of told ?? []) if (page <= pages.settled) counted.add(hash);
  return counted;
}

/** Whether it is said for the first time that the message is there; remembers that it was. */
export function isFirst(change: Change, { told, pages, before }: Round): boolean {
  if (change.kind === "removed" || told === undefined) return true;
  const hash = shortHash(change.id);
  if (told.has(hash)) return false;
  told.set(hash, pages.begun);
  return !before.has(hash);
}

/** Graph may tell of a message twice in a round. It counts once, but the second time may be the one that makes it wait. */
export function countedOnce(ticket: PageTicket, { waits }: Round): { first: PageTicket; again: PageTicket } {
  const setAside: PageTicket["setAside"] = (event) => {
    if (event.kind === "waiting") waits.add(shortHash(event.id));
    ticket.setAside(event);
  };
  const setAsideAgain: PageTicket["setAside"] = (event) => {
    if (event.kind === "waiting" && !waits.has(shortHash(event.id))) setAside(event);
  };
  return {
    first: { ...ticket, setAside },
    again: { ...ticket, countKnown: () => {}, setAside: setAsideAgain },
  };
}
