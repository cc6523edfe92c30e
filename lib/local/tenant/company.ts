// Mail of a company, made from the seed.
import { dice } from "./dice.js";
import { emlSource } from "./eml.js";
import type { Household } from "./household.js";

export interface CompanyOptions {
  seed: string;
  perMailbox: number;
  newest: Date;
  hugeBytes: number;
}

export function fillWithMail(homes: Household[], { seed, perMailbox, newest }: CompanyOptions): void {
  for (const { person, mailbox, furnished } of homes) {
    const source = dice(seed, "mail", person.id);
    const folders = [mailbox.standard("inbox"), mailbox.standard("sentitems"), ...furnished.filed];
    for (let n = 0; n < perMailbox; n++) {
      const folder = source.pick(folders);
      const receivedAt = new Date(newest.getTime() - source.int(1000) * 86_400_000);
      const text = `From: ${person.mail}\r\nTo: ${person.mail}\r\nSubject: Message ${n}\r\nDate: ${receivedAt.toUTCString()}\r\nMessage-ID: <${n}.${person.id}@contoso.example>\r\n\r\nBody ${n}\r\n`;
      mailbox.add({ folder, source: emlSource(Buffer.from(text)), receivedAt, isRead: source.chance(0.8) });
    }
  }
}
