// The first folders' first pages, asked for while the rest of the tree is still being listed: level by level, a deep tree takes
// as many answers of Graph one after the other as it is deep, and only one request would be in flight meanwhile.
import type { Cursor } from "../catalog/cursors.js";
import type { FolderId } from "../core/ids.js";
import type { ChangePage, MailboxReader } from "../ports/mail-source.js";

export interface ReadAhead {
  /** Asks for the folder's next page, if few enough have been asked for. */
  begin(folder: FolderId): void;
  /** The page that was asked for, once; who takes it hears of its fault. */
  take(folder: FolderId): Promise<ChangePage> | undefined;
  /** Resolves when nothing that was asked for is still on its way. */
  settled(): Promise<void>;
}

/** As many as Graph answers beside each other for one mailbox. */
const mostPages = 4;

/** `cursors`: what the tables say, once they are up to date. */
export function readAhead(reader: MailboxReader, cursors: Promise<ReadonlyMap<FolderId, Cursor>>): ReadAhead {
  const pages = new Map<FolderId, Promise<ChangePage>>();
  cursors.catch(() => {}); // Who reads them for the walk hears of it.
  return {
    begin(folder) {
      if (pages.size >= mostPages || pages.has(folder)) return;
      const page = cursors.then((known) => reader.changes(folder, known.get(folder)?.link));
      page.catch(() => {}); // Nobody may come for it: the tree has failed, or time is up.
      pages.set(folder, page);
    },
    take(folder) {
      const page = pages.get(folder);
      pages.delete(folder);
      return page;
    },
    async settled() {
      await Promise.allSettled(pages.values());
    },
  };
}
