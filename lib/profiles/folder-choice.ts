// Pure: does a folder belong to a profile?
import { type NamePattern, patternNames } from "../core/folder-path.js";
import type { FolderId } from "../core/ids.js";
import { fits } from "../core/wildcard.js";
import type { Folders } from "./folders.js";

export interface PlacedFolder {
  id: FolderId;
  /** Names from the top of the mailbox to this folder. */
  names: string[];
  /** Ids of as many folders, from the top to this folder, itself included. */
  lineage: FolderId[];
}

/** Well-known names (`drafts`) to the ids they have in this mailbox; a name the mailbox lacks is absent. */
export type WellKnownFolders = ReadonlyMap<string, FolderId>;

/** Everything below Recoverable Items; it hangs beside the tree that people see, and is chosen only by its own names. */
const recoverable = "recoverableitems";

/** The well-known name at the beginning of a pattern, and the pattern below it; undefined for a path. */
function wellKnownIn(pattern: string): { name: string; below: string } | undefined {
  const [, name, below = ""] = /^wellknown:([a-z]+)(\/.*)?$/is.exec(pattern) ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase(), below };
}

/** The well-known name of a pattern that means the folder of that name and all below it; undefined for any other. */
export function wholeWellKnown(pattern: string): string | undefined {
  const named = wellKnownIn(pattern);
  return named !== undefined && patternNames(named.below).every((part) => part === "any") ? named.name : undefined;
}

/** The well-known names a profile speaks of, lower case. */
export function wellKnownNames({ include, exclude }: Folders): string[] {
  const named = [...include, ...exclude].map((pattern) => wellKnownIn(pattern)?.name);
  return [...new Set(named.filter((name) => name !== undefined))];
}

/** Whether the profile reads anything of Recoverable Items. */
export const wantsRecoverable = ({ recoverableItems, include }: Folders): boolean =>
  recoverableItems || include.some(namesRecoverable);

const namesRecoverable = (pattern: string) => isRecoverable(wellKnownIn(pattern)?.name ?? "");

export const isRecoverable = (wellKnownName: string): boolean => wellKnownName.startsWith(recoverable);

/** Whether the profile wants the folder: chosen by an include pattern and by no exclude pattern. */
export function wantsFolder(folders: Folders, folder: PlacedFolder, wellKnown: WellKnownFolders): boolean {
  const chosenBy = (pattern: string) => chooses(pattern, folder, wellKnown);
  return folders.include.some(chosenBy) && !folders.exclude.some(chosenBy);
}

/** The same for a folder of Recoverable Items: `/` means the mailbox as people see it. */
export function wantsRecoverableFolder(folders: Folders, folder: PlacedFolder, wellKnown: WellKnownFolders): boolean {
  if (!folders.recoverableItems)
    return wantsFolder({ ...folders, include: folders.include.filter(namesRecoverable) }, folder, wellKnown);
  return wantsFolder({ ...folders, include: ["/"] }, folder, wellKnown);
}

/** A pattern chooses a folder when it names the folder itself or one above it. */
function chooses(pattern: string, folder: PlacedFolder, wellKnown: WellKnownFolders): boolean {
  const named = wellKnownIn(pattern);
  if (named === undefined) return fitsPrefix(patternNames(pattern), folder.names);
  const id = wellKnown.get(named.name);
  const at = id === undefined ? -1 : folder.lineage.indexOf(id);
  return at >= 0 && fitsPrefix(patternNames(named.below), folder.names.slice(at + 1));
}

/**
 * Whether the pattern names these folders or some of the first of them. Keeps the numbers of names that the pattern so far
 * may stand for, so that no pattern, however many stars it has, takes long.
 */
function fitsPrefix(pattern: NamePattern[], names: string[]): boolean {
  let reached = [0];
  for (const part of pattern) {
    const [least] = reached;
    if (least === undefined) return false;
    if (part === "any") reached = Array.from({ length: names.length - least + 1 }, (_, n) => least + n);
    else reached = reached.filter((at) => at < names.length && fitsName(part, names[at] ?? "")).map((at) => at + 1);
  }
  return reached.length > 0;
}

/** Exchange compares folder names without case. */
const folded = (text: string) => text.normalize("NFC").toLowerCase();
const fitsName = (pieces: string[], name: string) => fits(pieces.map(folded), folded(name));
