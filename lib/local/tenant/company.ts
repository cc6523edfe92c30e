// Who writes what to whom: fills every mailbox with exactly as many messages as asked for, many of them copies that
// others hold too. The mixture follows the model company of facts/mail.md section 3; mean size around 50 KB.

import { Correspondence } from "./correspondence.js";
import { type Dice, dice } from "./dice.js";
import type { Household } from "./household.js";
import type { CopyRole, Mail } from "./mail.js";
import { Kept, MailCopy } from "./mail-copy.js";
import type { MailFolder } from "./mailbox.js";
import type { MessageSource } from "./message.js";
import { peopleWithMailboxes } from "./people.js";

export interface CompanyOptions {
  seed: string;
  perMailbox: number;
  newest: Date;
  /** 0: none. */
  hugeBytes: number;
  /** Render so many bytes of mail at once and keep them. */
  keepBytes: number;
}

interface Letter {
  mail: Mail;
  role: CopyRole;
  folder: MailFolder;
}

interface Desk {
  home: Household;
  letters: Letter[];
  wanted: number;
}

/** Below this a mailbox holds plain mail only: no mail to everybody, nothing huge, nothing on top. */
const smallMailbox = 10;

export function fillWithMail(homes: Household[], options: CompanyOptions): void {
  if (options.perMailbox < 1) return;
  const desks = homes.map((home): Desk => ({ home, letters: [], wanted: options.perMailbox }));
  const mailroom = new Mailroom(desks, options);
  mailroom.fill();
  const kept = new Kept(options.keepBytes);
  let copies = 0;
  for (const { home, letters } of desks) {
    if (options.perMailbox >= smallMailbox) letters.push(...mailroom.beside(home));
    letters.sort((a, b) => a.mail.sentAt - b.mail.sentAt);
    for (const letter of letters) {
      copies += 1;
      const source = new MailCopy(letter.mail, letter.role, copies, kept);
      put(home, letter, { source, chance: dice(options.seed, "copy", copies) });
      if (!kept.isFull) source.parts();
    }
  }
}

/** Makes the shared pools and tables now, so that no request has to wait for them. */
export function warmUp(): void {
  const writing = new Correspondence("warm", peopleWithMailboxes("warm", 1), new Date(0));
  const mails = [...writing.oddities().map((oddity) => oddity(0)), writing.allHands(), writing.issue(0)];
  const chatter = Array.from({ length: 50 }, () => [
    writing.notification(0),
    ...writing.conversation(0, []).map((said) => said.mail),
  ]);
  for (const [n, mail] of [...mails, ...chatter.flat()].entries()) new MailCopy(mail, "received", n).parts();
}

function put(
  { mailbox }: Household,
  { mail, role, folder }: Letter,
  { source, chance }: { source: MessageSource; chance: Dice },
): void {
  mailbox.add({
    folder,
    source,
    receivedAt: new Date(mail.sentAt + 4_000),
    isDraft: role === "draft",
    isRead: role !== "received" || chance.chance(0.85),
    flag: chance.chance(0.03) ? chance.pick(["flagged", "complete"] as const) : "notFlagged",
    categories: chance.chance(0.04) ? [chance.pick(["Blue category", "Kunde", "Wichtig"])] : [],
  });
}

class Mailroom {
  private readonly source;
  private readonly writing;

  constructor(
    private readonly desks: Desk[],
    private readonly options: CompanyOptions,
  ) {
    this.source = dice(options.seed, "mailroom");
    this.writing = new Correspondence(
      options.seed,
      desks.map(({ home }) => home.person),
      options.newest,
    );
  }

  fill(): void {
    if (this.options.perMailbox >= smallMailbox) this.openers();
    for (let next = 0; ; next++) {
      const open = this.desks.filter((desk) => desk.letters.length < desk.wanted);
      if (open.length === 0) return;
      // A round through everybody who is not full, before asking again who is.
      for (let n = 0; n < Math.min(open.length, 32); n++) {
        const desk = open[(next + n) % open.length];
        if (desk && desk.letters.length < desk.wanted) this.event(this.desks.indexOf(desk));
      }
    }
  }

  /** A few messages outside the count: in a hidden folder and in Recoverable Items. */
  beside({ person, mailbox, furnished }: Household): Letter[] {
    const me = this.desks.findIndex(({ home }) => home.person === person);
    const deletions = mailbox.standard("recoverableitemsdeletions");
    const folders = [furnished.hidden, furnished.hidden, deletions, deletions, deletions];
    return folders.map((folder) => ({ mail: this.writing.notification(me), role: "received", folder }));
  }

  private openers(): void {
    const everybody = this.desks.map((_, index) => index);
    this.receiveAll(everybody, this.writing.allHands());
    if (this.options.hugeBytes > 0) this.receive(0, this.writing.huge(this.options.hugeBytes));
    for (const [n, oddity] of this.writing.oddities().entries()) {
      this.receive(n % this.desks.length, oddity(n % this.desks.length));
    }
  }

  /** Weighted so that about 60 % of all copies belong to conversations and 28 % are notifications. */
  private event(me: number): void {
    const roll = this.source.fraction();
    if (roll < 0.68) this.receive(me, this.writing.notification(me));
    else if (roll < 0.74)
      for (const reader of this.readers(me)) this.receive(reader, this.writing.issue(this.source.int(24)));
    else if (roll < 0.81) this.receive(me, this.source.pick(this.writing.oddities())(me));
    else if (roll < 0.86) this.keep(me, this.writing.draft(me), "draft");
    else this.conversation(me);
  }

  private conversation(me: number): void {
    const mails = this.writing.conversation(me, this.readers(me).slice(1));
    for (const { mail, writer, readers } of mails) {
      if (writer !== undefined) this.keep(writer, mail, "sent");
      this.receiveAll(readers, mail);
    }
  }

  /** Me first, and up to three others. */
  private readers(me: number): number[] {
    const others = Array.from({ length: this.source.int(4) }, () => this.source.int(this.desks.length));
    return [...new Set([me, ...others])];
  }

  private receiveAll(readers: number[], mail: Mail): void {
    for (const reader of readers) this.receive(reader, mail);
  }

  private receive(reader: number, mail: Mail): void {
    const desk = this.desks[reader];
    if (!desk) return;
    this.file(desk, { mail, role: "received", folder: this.place(desk.home, mail) });
  }

  private place({ mailbox, furnished }: Household, mail: Mail): MailFolder {
    const roll = this.source.fraction();
    const filed = this.source.pick(furnished.filed);
    if (mail.kind === "newsletter" && roll < 0.3) return mailbox.standard("junkemail");
    if (roll < 0.5) return mailbox.standard("inbox");
    if (roll < 0.82) return filed;
    return mailbox.standard(roll < 0.92 ? "archive" : "deleteditems");
  }

  private keep(writer: number, mail: Mail, role: "sent" | "draft"): void {
    const desk = this.desks[writer];
    const folder = desk?.home.mailbox.standard(role === "sent" ? "sentitems" : "drafts");
    if (desk && folder) this.file(desk, { mail, role, folder });
  }

  private file(desk: Desk, letter: Letter): void {
    if (desk.letters.length < desk.wanted) desk.letters.push(letter);
  }
}
