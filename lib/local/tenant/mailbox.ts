// The state of one sample mailbox: folders, messages, their two kinds of id and the logs that delta reads.
import { ChangeLog } from "./change-log.js";
import { folderIdOf, immutableMessageId, mailboxTag, movableMessageId } from "./ids.js";
import type { MessageSource } from "./message.js";

export interface MailFolder {
  id: string;
  serial: number;
  displayName: string;
  parentId: string;
  wellKnown?: string;
  hidden: boolean;
  /** A search folder holds nothing itself: it shows messages of these folders. */
  searches?: string[];
  messages: Map<string, StoredMessage>;
  log: ChangeLog;
  /** Delta tokens carry the generation they were made in; a new one kills them all. */
  generation: number;
}

export type FlagStatus = "notFlagged" | "flagged" | "complete";

export interface StoredMessage {
  serial: number;
  immutableId: string;
  movableId: string;
  moves: number;
  changeNumber: number;
  folder: MailFolder;
  source: MessageSource;
  receivedAt: Date;
  modifiedAt: Date;
  isRead: boolean;
  isDraft: boolean;
  categories: string[];
  flag: FlagStatus;
}

export interface NewFolder {
  displayName: string;
  parent?: MailFolder;
  wellKnown?: string;
  hidden?: boolean;
  searches?: string[];
}

export interface Arrival {
  folder: MailFolder;
  source: MessageSource;
  receivedAt: Date;
  isRead?: boolean;
  isDraft?: boolean;
  categories?: string[];
  flag?: FlagStatus;
}

export class Mailbox {
  readonly tag: string;
  readonly folders = new Map<string, MailFolder>();
  readonly folderLog = new ChangeLog();
  /** Like a folder's generation, for mailFolders/delta. */
  generation = 1;
  private readonly wellKnown = new Map<string, MailFolder>();
  private readonly byId = new Map<string, StoredMessage>();
  private folderSerial = 0;
  private messageSerial = 0;
  private changeNumber = 0x1000;

  constructor(
    readonly userId: string,
    private readonly now: () => Date,
  ) {
    this.tag = mailboxTag(userId);
  }

  get messageCount(): number {
    return this.byId.size / 2;
  }

  folder(idOrWellKnownName: string): MailFolder | undefined {
    return this.folders.get(idOrWellKnownName) ?? this.wellKnown.get(idOrWellKnownName.toLowerCase());
  }

  /** A well-known folder that every mailbox has. */
  standard(name: string): MailFolder {
    const folder = this.wellKnown.get(name);
    if (!folder) throw new Error(`this mailbox has no ${name} folder`);
    return folder;
  }

  children(parent: MailFolder): MailFolder[] {
    return [...this.folders.values()].filter((f) => f.parentId === parent.id && f !== parent);
  }

  /** `/Inbox/Projects`, for inventories; names are joined as they are. */
  pathOf(folder: MailFolder): string {
    const parent = this.folders.get(folder.parentId);
    return !parent || parent === folder ? "" : `${this.pathOf(parent)}/${folder.displayName}`;
  }

  message(id: string): StoredMessage | undefined {
    return this.byId.get(id);
  }

  *messages(): Iterable<StoredMessage> {
    for (const folder of this.folders.values()) yield* folder.messages.values();
  }

  /** What a folder shows: its own messages, or those a search folder finds. */
  contents(folder: MailFolder): StoredMessage[] {
    if (!folder.searches) return [...folder.messages.values()];
    return folder.searches
      .flatMap((id) => [...(this.folders.get(id)?.messages.values() ?? [])])
      .filter((m) => !m.isRead);
  }

  addFolder({ displayName, parent, wellKnown, hidden, searches }: NewFolder): MailFolder {
    const serial = ++this.folderSerial;
    const id = folderIdOf(this.tag, serial);
    const folder: MailFolder = {
      id,
      serial,
      displayName,
      parentId: parent?.id ?? id,
      hidden: hidden ?? false,
      messages: new Map(),
      log: new ChangeLog(),
      generation: 1,
      ...(wellKnown === undefined ? {} : { wellKnown }),
      ...(searches === undefined ? {} : { searches }),
    };
    this.folders.set(id, folder);
    if (wellKnown !== undefined) this.wellKnown.set(wellKnown, folder);
    this.folderLog.created(id, id);
    return folder;
  }

  renameFolder(folder: MailFolder, displayName: string): void {
    folder.displayName = displayName;
    this.folderLog.changed(folder.id, folder.id, "all");
  }

  moveFolder(folder: MailFolder, parent: MailFolder): void {
    folder.parentId = parent.id;
    this.folderLog.changed(folder.id, folder.id, "all");
  }

  /** The folder, everything below it and all their messages are gone for good. */
  deleteFolder(folder: MailFolder): void {
    for (const child of this.children(folder)) this.deleteFolder(child);
    for (const message of [...folder.messages.values()]) this.purge(message);
    this.folders.delete(folder.id);
    if (folder.wellKnown !== undefined) this.wellKnown.delete(folder.wellKnown);
    this.folderLog.removed(folder.id, folder.id);
  }

  add({ folder, source, receivedAt, ...state }: Arrival): StoredMessage {
    const serial = ++this.messageSerial;
    const message: StoredMessage = {
      serial,
      immutableId: immutableMessageId(this.tag, serial),
      movableId: movableMessageId(this.tag, serial, 0),
      moves: 0,
      changeNumber: ++this.changeNumber,
      folder,
      source,
      receivedAt,
      modifiedAt: receivedAt,
      isRead: state.isRead ?? false,
      isDraft: state.isDraft ?? false,
      categories: state.categories ?? [],
      flag: state.flag ?? "notFlagged",
    };
    this.byId.set(message.immutableId, message);
    this.byId.set(message.movableId, message);
    folder.messages.set(message.immutableId, message);
    folder.log.created(message.immutableId, message.movableId);
    return message;
  }

  /** Keeps the immutable id; the movable one and the changeKey become new. */
  move(message: StoredMessage, target: MailFolder): void {
    this.leave(message);
    message.moves += 1;
    message.movableId = movableMessageId(this.tag, message.serial, message.moves);
    message.folder = target;
    this.touch(message);
    this.byId.set(message.movableId, message);
    target.messages.set(message.immutableId, message);
    target.log.created(message.immutableId, message.movableId);
  }

  /** Gone for good: no folder shows it and no id finds it. */
  purge(message: StoredMessage): void {
    this.leave(message);
    this.byId.delete(message.immutableId);
  }

  markRead(message: StoredMessage, isRead: boolean): void {
    message.isRead = isRead;
    this.touch(message);
    message.folder.log.changed(message.immutableId, message.movableId, "read-state");
  }

  /** Any other change: flags, categories, or the content of a draft. */
  change(
    message: StoredMessage,
    change: Partial<Pick<StoredMessage, "flag" | "categories" | "source" | "isDraft">>,
  ): void {
    Object.assign(message, change);
    this.touch(message);
    message.folder.log.changed(message.immutableId, message.movableId, "all");
  }

  private touch(message: StoredMessage): void {
    message.changeNumber = ++this.changeNumber;
    message.modifiedAt = this.now();
  }

  private leave(message: StoredMessage): void {
    message.folder.messages.delete(message.immutableId);
    message.folder.log.removed(message.immutableId, message.movableId);
    this.byId.delete(message.movableId);
  }
}
