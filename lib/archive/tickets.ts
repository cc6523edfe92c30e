// Which delta pages are dealt with: a page's link may be saved only when every change of it, and every earlier page of
// the folder, is accounted for.
import type { CursorMark, LedgerEvent } from "../ledger/record.js";

/** One delta page at work. */
export interface PageTicket {
  /** Registers one change of the page; the returned function is called once, when it is accounted for or given back. */
  expect(): Settle;
  /** Counts a message that was in the archive already. */
  countKnown(): void;
  /** What the profile does not take of the page: written down with the page's link, so that it counts once. */
  setAside(event: LedgerEvent): void;
  /** The page has been read to its end; no more `expect` after this. */
  close(): void;
  /** Closes the page; true when all of it is accounted for, false as soon as anything was given back. */
  settled(): Promise<boolean>;
}

/** With true when a message is accounted for, with false when nothing was done about it: its page stays unsettled. */
export type Settle = (accounted: boolean) => void;

export interface FolderTickets {
  open(mark: CursorMark): PageTicket;
  /** The round is begun anew: nothing is heard of its pages any more. */
  abandon(): void;
}

interface Page {
  mark: CursorMark;
  open: number;
  closed: boolean;
  known: number;
  aside: LedgerEvent[];
  givenBack: boolean;
  onSettled(complete: boolean): void;
}

/** What is to be written when a page is dealt with. */
export type OnPage = (mark: CursorMark, known: number, aside: LedgerEvent[]) => void;

/**
 * Pages of one folder settle in the order they were opened; `onPage` hears of each, with how many messages were known and
 * what was set aside.
 */
export function folderTickets(onPage: OnPage): FolderTickets {
  const waiting: Page[] = [];
  let abandoned = false;
  const settle = () => {
    if (abandoned) return;
    for (let first = waiting[0]; first?.closed && first.open === 0; first = waiting[0]) {
      waiting.shift();
      onPage(first.mark, first.known, first.aside);
      first.onSettled(true);
    }
  };
  return {
    open(mark) {
      const page: Page = { mark, open: 0, closed: false, known: 0, aside: [], givenBack: false, onSettled() {} };
      waiting.push(page);
      return ticketOf(page, settle);
    },
    abandon() {
      abandoned = true;
    },
  };
}

function ticketOf(page: Page, settle: () => void): PageTicket {
  const close = () => {
    page.closed = true;
    settle();
  };
  return {
    expect() {
      page.open++;
      return (accounted) => {
        if (!accounted) return giveBack(page);
        page.open--;
        settle();
      };
    },
    countKnown() {
      page.known++;
    },
    setAside(event) {
      page.aside.push(event);
    },
    close,
    settled: () =>
      new Promise((resolve) => {
        page.onSettled = resolve;
        if (page.givenBack) resolve(false);
        close();
      }),
  };
}

function giveBack(page: Page): void {
  page.givenBack = true;
  page.onSettled(false);
}
