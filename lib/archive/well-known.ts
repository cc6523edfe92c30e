// Which folders the well-known names in a profile mean, whatever the language of the mailbox.
import { isMailkeepError, type MailkeepError } from "../core/errors.js";
import type { FolderId } from "../core/ids.js";
import type { MailboxReader, Unread } from "../ports/mail-source.js";
import { wellKnownNames, wholeWellKnown } from "../profiles/folder-choice.js";
import type { Folders } from "../profiles/folders.js";
import type { TreeFolder } from "./tree.js";

/** A well-known name that Graph would not resolve. */
export interface Doubt extends Unread {
  name: string;
  /** The path of the folder that was taken for it, by what such a folder is usually called. */
  guess?: string;
}

interface Names {
  wellKnown: Map<string, FolderId>;
  refused: Map<string, Unread>;
  /** Those that the mailbox says it does not have. */
  absent: Set<string>;
}

/** Beside the tree, and chosen as a whole by a setting of its own. */
export const recoverableTop = "Recoverable Items";
export const recoverableRoot = "recoverableitemsroot";

/** The name that a choice means as a whole, with all below it. */
export const wholeName = (pattern: string): string | undefined =>
  pattern === recoverableTop ? recoverableRoot : wholeWellKnown(pattern);

/** One name that cannot be looked up stops nobody: what it means is guessed, and said. */
export async function lookUp(choice: Folders, reader: MailboxReader): Promise<Names> {
  const names: Names = { wellKnown: new Map(), refused: new Map(), absent: new Set() };
  await Promise.all(
    wellKnownNames(choice).map(async (name) => {
      try {
        const folder = await reader.wellKnownFolder(name);
        if (folder.id !== undefined) names.wellKnown.set(name, folder.id);
        else if (folder.isAbsent) names.absent.add(name);
      } catch (error) {
        if (!isMailkeepError(error, "unavailable", "invalid", "too-large")) throw error;
        names.refused.set(name, unreadBy(error));
      }
    }),
  );
  return names;
}

export const unreadBy = ({ reason, code, status, requestId }: MailkeepError): Unread => ({
  reason: reason ?? code,
  ...(status !== undefined && { status }),
  ...(requestId !== undefined && { requestId }),
});

/** What Outlook calls them in the languages most mailboxes are in; only for the names that Graph would not resolve. */
const usualNames: Record<string, readonly string[]> = {
  inbox: [
    "inbox",
    "posteingang",
    "boîte de réception",
    "bandeja de entrada",
    "posta in arrivo",
    "postvak in",
    "受信トレイ",
  ],
  drafts: ["drafts", "entwürfe", "brouillons", "borradores", "bozze", "concepten", "rascunhos", "下書き"],
  junkemail: [
    "junk email",
    "junk e-mail",
    "junk-e-mail",
    "junk-email",
    "courrier indésirable",
    "correo no deseado",
    "posta indesiderata",
    "ongewenste e-mail",
    "lixo eletrônico",
    "迷惑メール",
  ],
  deleteditems: [
    "deleted items",
    "gelöschte elemente",
    "éléments supprimés",
    "elementos eliminados",
    "posta eliminata",
    "verwijderde items",
    "itens excluídos",
    "削除済みアイテム",
  ],
  sentitems: [
    "sent items",
    "gesendete elemente",
    "éléments envoyés",
    "elementos enviados",
    "posta inviata",
    "verzonden items",
    "itens enviados",
    "送信済みアイテム",
  ],
  outbox: [
    "outbox",
    "postausgang",
    "boîte d'envoi",
    "bandeja de salida",
    "posta in uscita",
    "postvak uit",
    "送信トレイ",
  ],
  archive: ["archive", "archiv", "archivo", "archivio", "archief", "アーカイブ"],
};

/** Pure: the names with what can be said of those that were refused. */
export function guessed(
  { wellKnown, refused }: Pick<Names, "wellKnown" | "refused">,
  folders: readonly TreeFolder[],
): { wellKnown: ReadonlyMap<string, FolderId>; doubtful: Doubt[] } {
  const all = new Map(wellKnown);
  const doubtful = [...refused].map(([name, said]): Doubt => {
    const usual = usualNames[name.toLowerCase()] ?? [];
    const folder = folders.find(({ names }) => names.length === 1 && usual.includes((names[0] ?? "").toLowerCase()));
    if (folder !== undefined) all.set(name, folder.id);
    return { name, ...said, ...(folder && { guess: folder.path }) };
  });
  return { wellKnown: all, doubtful };
}

/** Pure: whether a pattern names a folder of which nobody knows which it is. */
export const isDoubtful = (pattern: string, doubtful: readonly Doubt[]): boolean =>
  doubtful.some(
    ({ name, guess }) => guess === undefined && pattern.toLowerCase().startsWith(`wellknown:${name.toLowerCase()}`),
  );

/** Exchange makes them with the mailbox: one that lacks them is not as it should be. */
const everyMailboxHas = new Set(["inbox", "drafts", "sentitems", "deleteditems", "outbox"]);

/** Pure: whether the mailbox has said that it does not have what the pattern, which chose no folder, asks for. */
export function isAbsent(pattern: string, { absent }: Pick<Names, "absent">, hasNothingRecoverable: boolean): boolean {
  const name = wholeName(pattern);
  if (name === undefined || everyMailboxHas.has(name)) return false;
  return name === recoverableRoot ? hasNothingRecoverable : absent.has(name);
}
