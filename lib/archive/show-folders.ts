// The folder tree of a mailbox: as it is now, or as the archive last saw it while a worker is busy there.
import { knownFolders } from "../catalog/messages.js";
import { MailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import type { ClaimDeps } from "../mailboxes/claim.js";
import { withMailbox } from "../mailboxes/with-mailbox.js";
import type { MailSource } from "../ports/mail-source.js";
import { readTree } from "./tree.js";

export interface FolderView {
  id: string;
  path: string;
  /** As the folder says; unknown when the answer comes from the archive. */
  totalItemCount: number | null;
  hidden: boolean;
}

export interface FoldersView {
  /** `mailbox`: read just now. `archive`: a worker holds the mailbox, so this is what the archive knows. */
  source: "mailbox" | "archive";
  value: FolderView[];
}

const notYetKnown =
  "a worker reads the mailbox for the first time just now; its folders are known with its first commit";

const everything = { include: ["/"], exclude: [], hidden: true, recoverableItems: false };

/** @throws conflict while a worker holds the mailbox and has committed nothing yet */
export async function showFolders(mailbox: MailboxId, deps: ClaimDeps & { mail: MailSource }): Promise<FoldersView> {
  const live = await withMailbox(mailbox, deps, (reader) => readTree(reader, everything));
  if (live !== undefined) {
    const value = [...live.all.values()].map(({ id, path, totalItemCount, hidden }) => ({
      id,
      path,
      totalItemCount,
      hidden,
    }));
    return { source: "mailbox", value: inOrder(value) };
  }
  const known = [...(await knownFolders(deps.rows, mailbox)).values()].filter(({ gone }) => !gone);
  // Every mailbox has folders: none at all means that nobody has told the archive yet.
  if (known.length === 0) throw new MailkeepError("conflict", notYetKnown, { reason: "FOLDERS_NOT_KNOWN_YET" });
  const value = known.map(({ folderId, path, hidden }) => ({ id: folderId, path, totalItemCount: null, hidden }));
  return { source: "archive", value: inOrder(value) };
}

const inOrder = (folders: FolderView[]) => folders.sort((a, b) => (a.path < b.path ? -1 : 1));
