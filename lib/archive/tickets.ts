// Which delta pages are dealt with: a page's link may be saved only when every change of it, and every earlier page of
// the folder, is accounted for.
import type { CursorMark } from "../ledger/record.js";

/** One delta page at work. */
export interface Ticket {
  /** Registers one change of the page; call the returned function once, when it is accounted for. */
  expect(): () => void;
  /** The page has been read to its end; no more `expect` after this. */
  close(): void;
}

/**
 * Tickets of one folder settle in the order they were opened. `settled` gets each page's mark when its time has come, with
 * the number of messages the page found already archived.
 */
export function folderTickets(settled: (mark: CursorMark, known: number) => void) {
  const waiting: { mark: CursorMark; open: number; closed: boolean; known: number }[] = [];
  const settle = () => {
    for (let first = waiting[0]; first?.closed && first.open === 0; first = waiting[0]) {
      waiting.shift();
      settled(first.mark, first.known);
    }
  };
  return {
    open(mark: CursorMark): Ticket & { countKnown(): void } {
      const page = { mark, open: 0, closed: false, known: 0 };
      waiting.push(page);
      return {
        expect() {
          page.open++;
          let done = false;
          return () => {
            if (done) return;
            done = true;
            page.open--;
            settle();
          };
        },
        countKnown() {
          page.known++;
        },
        close() {
          page.closed = true;
          settle();
        },
      };
    },
  };
}

export type FolderTickets = ReturnType<typeof folderTickets>;
export type PageTicket = ReturnType<FolderTickets["open"]>;
