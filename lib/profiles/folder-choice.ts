// Pure: does a folder belong to a profile?
import { pathNames } from "../core/folder-path.js";
import type { FolderId } from "../core/ids.js";
import type { Profile } from "./profile.js";

export interface PlacedFolder {
  id: FolderId;
  /** Names from the top of the mailbox to this folder. */
  names: string[];
  /** Ids from the top to this folder, itself included. */
  lineage: FolderId[];
}

/** Well-known names (`drafts`) to the ids they have in this mailbox; a name the mailbox lacks is absent. */
export type WellKnownFolders = ReadonlyMap<string, FolderId>;

const wellKnownPrefix = "wellknown:";

/** The well-known names a profile speaks of, lower case. */
export function wellKnownNames(folders: Profile["folders"]): string[] {
  const patterns = [...folders.include, ...folders.exclude].map((pattern) => pattern.toLowerCase());
  const named = patterns.filter((pattern) => pattern.startsWith(wellKnownPrefix));
  return [...new Set(named.map((pattern) => pattern.slice(wellKnownPrefix.length)))];
}

/** Whether the profile wants the folder: chosen by an include pattern and by no exclude pattern. */
export function wantsFolder(folders: Profile["folders"], folder: PlacedFolder, wellKnown: WellKnownFolders): boolean {
  const chosenBy = (pattern: string) => chooses(pattern, folder, wellKnown);
  return folders.include.some(chosenBy) && !folders.exclude.some(chosenBy);
}

/** A pattern chooses a folder when it names the folder itself or one above it. */
function chooses(pattern: string, folder: PlacedFolder, wellKnown: WellKnownFolders): boolean {
  if (pattern.toLowerCase().startsWith(wellKnownPrefix)) {
    const id = wellKnown.get(pattern.toLowerCase().slice(wellKnownPrefix.length));
    return id !== undefined && folder.lineage.includes(id);
  }
  return matchesPrefix(pathNames(pattern), folder.names);
}

/** Exchange compares folder names without case; `*` stands for any part of one name, `**` for any number of names. */
function matchesPrefix(pattern: string[], names: string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return true;
  if (head === "**") return matchesPrefix(rest, names) || (names.length > 0 && matchesPrefix(pattern, names.slice(1)));
  const [name, ...below] = names;
  return name !== undefined && matchesName(head, name) && matchesPrefix(rest, below);
}

/** Greedy, so that no pattern, however many stars it has, takes more than one pass over the name. */
function matchesName(pattern: string, name: string): boolean {
  const [first = "", ...parts] = pattern.toLowerCase().split("*");
  const text = name.toLowerCase();
  const last = parts.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
