// Opaque ids that look and behave like Exchange's: long, case-sensitive, base64url with a trailing "=".
import { createHash } from "node:crypto";

const immutablePrefix = "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A";
const movablePrefix = "AAMkA";

function digest(text: string, characters: number): string {
  return createHash("sha512").update(text).digest("base64url").slice(0, characters);
}

/** What all ids of one mailbox have in common. */
export function mailboxTag(userId: string): string {
  return digest(`mailbox ${userId}`, 44);
}

/** Stays with the message wherever it goes inside its mailbox. */
export function immutableMessageId(tag: string, serial: number): string {
  return `${immutablePrefix}${tag.slice(0, 22)}${digest(`${tag} message ${serial}`, 20)}AA=`;
}

/** The other kind: a new one with every move. */
export function movableMessageId(tag: string, serial: number, moves: number): string {
  return `${movablePrefix}${tag}BGAAAAAAC${digest(`${tag} message ${serial} move ${moves}`, 60)}AAA=`;
}

export function folderIdOf(tag: string, serial: number): string {
  return `${movablePrefix}${tag}AuAAAAAAD${digest(`${tag} folder ${serial}`, 24)}AAA=`;
}

/** Exchange's changeKey: new with every change of the item. */
export function changeKeyOf(tag: string, changeNumber: number): string {
  return `CQAAABYAAAD${tag.slice(0, 16)}${Buffer.from(changeNumber.toString(16).padStart(8, "0")).toString("base64url")}`;
}

/** Whether a text can be an item or folder id at all; Exchange answers 400 ErrorInvalidIdMalformed to the rest. */
export function isWellFormedId(text: string): boolean {
  return /^AA(Mk|kAL)[\w-]{60,}=$/.test(text);
}
