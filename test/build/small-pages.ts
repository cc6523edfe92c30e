// Delta pages cut into small ones, so that a round of a few messages is a long one. The links between are made up.
import type { FolderId } from "../../lib/core/ids.js";
import type { ChangePage, MailboxReader, MailSource } from "../../lib/ports/mail-source.js";

type Page = Extract<ChangePage, { kind: "page" }>;

export interface SmallPages {
  mail: MailSource;
  /** Called before each page is given; what it returns is given in its place. */
  onPage: (folder: FolderId, link: string | undefined) => ChangePage | undefined | Promise<ChangePage | undefined>;
  /** Called after a page was given; nobody waits for it. */
  onGiven: (folder: FolderId) => unknown;
}

/** Links stay good for whoever comes later, as Graph's do. */
export function smallPages(mail: MailSource, size: number): SmallPages {
  const rest = new Map<string, Page>();
  let made = 0;
  const cut = (page: ChangePage): ChangePage => {
    if (page.kind !== "page" || page.changes.length <= size) return page;
    const link = `made-up:${++made}`;
    rest.set(link, { ...page, changes: page.changes.slice(size) });
    return { kind: "page", changes: page.changes.slice(0, size), next: { link, roundDone: false } };
  };
  const pages: SmallPages = {
    onPage: () => undefined,
    onGiven: () => undefined,
    mail: {
      open(mailbox, options) {
        const reader: MailboxReader = mail.open(mailbox, options);
        const changes = reader.changes.bind(reader);
        reader.changes = async (folder, link) => {
          const instead = await pages.onPage(folder, link);
          if (instead !== undefined) return instead;
          const left = link === undefined ? undefined : rest.get(link);
          const page = cut(left ?? (await changes(folder, link)));
          void pages.onGiven(folder);
          return page;
        };
        return reader;
      },
    },
  };
  return pages;
}
