// Pure: whether a message is in the folder a person asked for.
import { pathNames } from "../core/folder-path.js";
import type { Row } from "../ports/row-store.js";
import { currentPath, type Folders } from "./summary.js";

/**
 * A path takes everything below it too, compares without regard to case, and means the folders that have it now. An id
 * means that one folder. Without a choice every message fits.
 */
export function inFolder(choice: string | undefined, folders: Folders): (row: Row) => boolean {
  if (choice === undefined) return () => true;
  if (!choice.startsWith("/")) return (row) => row.folderId === choice;
  const wanted = pathNames(choice).map(folded);
  const known = new Map<string, boolean>();
  return (row) => {
    const path = currentPath(row, folders);
    const fits = known.get(path) ?? begins(pathNames(path).map(folded), wanted);
    known.set(path, fits);
    return fits;
  };
}

const begins = (names: string[], wanted: string[]): boolean => wanted.every((name, index) => names[index] === name);

const folded = (name: string): string => name.normalize("NFC").toLowerCase();
