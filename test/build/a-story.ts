// A random life of one mailbox: what its user does, chosen by a seed, and what must be true of the archive afterwards.
import type { MailboxControl, MessageSummary } from "../../lib/local/tenant/control.js";
import { repeatableRandom } from "./repeatable-random.js";

export interface Dice {
  below(limit: number): number;
  pick<T>(items: readonly T[]): T | undefined;
}

export function dice(seed: string): Dice {
  const random = repeatableRandom(seed);
  const below = (limit: number) => Math.floor(random.fraction() * limit);
  return { below, pick: (items) => items[below(items.length)] };
}

/** Well-known folders a user files mail in; junk and hidden folders are not archived by default. */
const standardFolders = ["inbox", "inbox", "sentitems", "archive", "deleteditems", "junkemail"];

export interface User {
  /** A message arrives in some folder. */
  deliver(): void;
  /** Does one thing and says what. */
  act(): string;
}

export function aUser(mail: MailboxControl, box: string, roll: Dice): User {
  let count = 0;
  const own: string[] = [];
  const subject = () => `letter ${++count}`;
  const eml = () => {
    const attachment = roll.below(4) > 0 ? "" : base64(roll.below(3));
    return `From: a@contoso.example\r\nTo: b@contoso.example\r\nSubject: ${subject()}\r\n${attachment}\r\n`;
  };
  const folder = () => roll.pick([...standardFolders, ...own, ...own]) ?? "inbox";
  const message = (): MessageSummary | undefined => roll.pick(mail.inventory(box));
  const toMessage = (what: (message: MessageSummary) => void) => () => {
    const one = message();
    if (one !== undefined) what(one);
    return one?.subject ?? "nothing";
  };
  const deliver = () => mail.deliver(box, folder(), { eml: eml(), isRead: roll.below(2) === 0 });

  const deeds: Record<string, () => unknown> = {
    deliver,
    "deliver again": deliver,
    "deliver some": () => Array.from({ length: 1 + roll.below(5) }, deliver).length,
    move: toMessage(({ id }) => mail.move(box, id, folder())),
    "move on": toMessage(({ id }) => mail.move(box, id, folder())),
    "move away and back": toMessage(({ id, folderId }) => {
      mail.move(box, id, folder());
      mail.move(box, id, folderId);
    }),
    remove: toMessage(({ id }) => mail.remove(box, id)),
    recover: () => {
      const deleted = mail.inventory(box).filter(({ folderPath }) => folderPath.startsWith("/Recoverable Items"));
      const one = roll.pick(deleted);
      if (one !== undefined) mail.move(box, one.id, "inbox");
      return one?.subject ?? "nothing";
    },
    purge: toMessage(({ id }) => mail.purge(box, id)),
    read: toMessage(({ id, isRead }) => mail.markRead(box, id, !isRead)),
    flag: toMessage(({ id }) => mail.flag(box, id, roll.pick(["flagged", "complete", "notFlagged"] as const))),
    categorise: toMessage(({ id }) =>
      mail.categorise(box, id, roll.below(2) === 0 ? [] : ["Red", `C${roll.below(3)}`]),
    ),
    rewrite: toMessage(({ id }) => mail.editDraft(box, id, eml())),
    "make a folder": () => own.push(mail.createFolder(box, `Folder ${++count}`, roll.pick(["inbox", "msgfolderroot"]))),
    "rename a folder": () => {
      const one = roll.pick(own);
      if (one !== undefined) mail.renameFolder(box, one, `Renamed ${++count}`);
    },
    "move a folder": () => {
      const one = roll.pick(own);
      if (one !== undefined) mail.moveFolder(box, one, roll.pick(["inbox", "msgfolderroot", "archive"]) ?? "inbox");
    },
    "delete a folder": () => {
      const one = roll.pick(own);
      if (one === undefined || roll.below(3) > 0) return;
      own.splice(own.indexOf(one), 1);
      mail.deleteFolder(box, one);
    },
    "tokens expire": () => mail.expireDeltaTokens(box),
    "a folder's tokens expire": () => mail.expireDeltaTokens(box, folder()),
  };
  const names = Object.keys(deeds);
  return {
    deliver,
    act() {
      const name = roll.pick(names) ?? "deliver";
      return `${name}: ${String(deeds[name]?.())}`;
    },
  };
}

function base64(n: number): string {
  const content = Buffer.alloc(6_000, `attachment ${n} `).toString("base64").replace(/.{76}/g, "$&\r\n");
  return `Content-Transfer-Encoding: base64\r\n\r\n${content}\r\n`;
}
