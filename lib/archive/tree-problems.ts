// Pure: what the tree of a mailbox leaves to be desired, as a person should read it.
import type { Unread } from "../ports/mail-source.js";
import type { Problem } from "../runs/run.js";
import type { Tree } from "./tree.js";

/** Pure: what the tree itself leaves to be desired, for a person to see on the run. */
export function treeProblems(tree: Tree, isNamed: boolean): Problem[] {
  const unread = tree.unread.map(({ path, ...said }) => ({
    ...saidBy(said, path === "/" ? topUnread(tree) : belowUnread),
    folderPath: path,
  }));
  const doubtful = tree.doubtful.map(({ name, guess, ...said }) => ({
    ...saidBy(said, doubt(name, guess)),
    folderPath: `wellknown:${name}`,
  }));
  const isEmpty = tree.wanted.length === 0 && !tree.lacksAll;
  // One of many mailboxes may lack a folder that others have; one with nothing to read, or chosen by name, is a mistake.
  const matters = isNamed || isEmpty;
  const unmatched = (matters ? tree.unmatched : []).map((pattern) => ({
    code: "FOLDER_NOT_FOUND",
    message: `no folder of the mailbox fits ${pattern}; GET /mailboxes/{id}/folders lists what there is`,
    folderPath: pattern,
  }));
  const nothing = { code: "NO_FOLDER_CHOSEN", message: "the profile chooses no folder of this mailbox" };
  return [...unread, ...doubtful, ...unmatched, ...(isEmpty ? [nothing] : [])];
}

const saidBy = ({ reason, status, requestId }: Unread, message: string): Problem => ({
  code: reason,
  message: `${message}${status === undefined ? "" : ` (Graph: ${status} ${reason})`}`,
  ...(requestId !== undefined && { requestId }),
});

const belowUnread = "the folders below it could not all be listed; what the others hold is missing from this run";

const topUnread = ({ all }: Tree): string =>
  `the top level of the mailbox could not be listed; ${all.size} folders were found by their well-known names, or as the archive knows them, with those below; what other folders hold is missing from this run`;

const doubt = (name: string, guess: string | undefined): string =>
  `Graph would not say which folder is ${name}; ${
    guess === undefined
      ? "no folder has one of its usual names, so the profile's wish for it could not be followed"
      : `${guess} was taken for it by its name`
  }`;
