import type { Body } from "../core/body.js";
import type { FolderId, ImmutableId, MailboxId } from "../core/ids.js";
import type { MailboxProbe } from "./directory.js";

export interface Folder {
  id: FolderId;
  parentId: FolderId;
  displayName: string;
  /** How many messages the folder says it holds; advisory. */
  totalItemCount: number;
  hidden: boolean;
  /** Why the folders below it could not all be listed, when they could not: the rest is unknown then, not absent. */
  belowUnread?: Unread;
}

/** What Graph answered instead of a list. */
export interface Unread {
  reason: string;
  status?: number;
  requestId?: string;
}

/** A list of folders that was asked for until it was clear that no answer comes; `parent` is empty for the top level. */
export interface Unanswered extends Unread {
  parent: string;
  hidden: boolean;
}

/** What a mailbox says to a well-known name. */
export interface NamedFolder {
  id: FolderId | undefined;
  /** It said in so many words that it has no such folder, as opposed to not taking the name. */
  isAbsent: boolean;
}

export interface FolderTree {
  folders: Folder[];
  /** The top level could not be listed: these are the folders that Graph gives by their names or ids, and those below. */
  topUnread?: Unread;
}

export interface Address {
  name?: string;
  email: string;
}

/**
 * What Graph said of one message. Only `id` is certain: a delta round after the first may carry just the properties that
 * changed, and an absent property means "not said", never "empty".
 */
export interface MessageFacts {
  id: ImmutableId;
  changeKey?: string;
  folderId?: FolderId;
  receivedAt?: string;
  subject?: string;
  /** Graph said that it has none (null), as opposed to not saying. */
  hasNoSubject?: true;
  /** How its text begins, in at most 255 characters: https://learn.microsoft.com/graph/api/resources/message#properties */
  preview?: string;
  from?: Address;
  sender?: Address;
  to?: Address[];
  cc?: Address[];
  bcc?: Address[];
  internetMessageId?: string;
  hasAttachments?: boolean;
  isRead?: boolean;
  isDraft?: boolean;
  categories?: string[];
  /** Graph's followupFlag.flagStatus: notFlagged, flagged or complete. */
  flag?: string;
  /** Graph's importance: low, normal or high. */
  importance?: string;
  /** In bytes, as Exchange counts them (PR_MESSAGE_SIZE). This and what follows only when it was asked for. */
  size?: number;
  /** Exchange's class of the item, e.g. `IPM.Note`. */
  messageClass?: string;
  /** What the sender thinks of it. */
  sensitivity?: "normal" | "personal" | "private" | "confidential";
  /** Ids of the sensitivity labels it carries, lower case; empty when it was told to have none. */
  labels?: string[];
}

/** What is asked of messages only for who needs it: more work for Exchange, and no request more. */
export type ExtraFact = "size" | "messageClass" | "sensitivity" | "labels" | "flag";

/** Its `message` is read when somebody asks for it: a page holds hundreds, and nobody should wait for all of them. */
export type Change =
  | { kind: "present"; id: ImmutableId; readonly message: MessageFacts }
  | { kind: "removed"; id: ImmutableId };

/** One page of a delta round. */
export type ChangePage =
  | { kind: "page"; changes: Change[]; next: { link: string; roundDone: boolean } }
  /** The link has died (410 and its family): read the folder from its start. */
  | { kind: "resync"; reason: string }
  /** The folder is no longer there. */
  | { kind: "folder-gone" }
  /** Graph cannot give this page, however few items it is asked for: one message is enough to spoil it. */
  | { kind: "unrendered"; reason: string; requestId?: string };

/** A stretch of a folder's plain list, which begins with the oldest message at position 0. */
export type ListedStretch =
  /** `next` is the position behind the last of them. A message of which only the id could be had has nothing else. */
  | { kind: "messages"; messages: MessageFacts[]; next: number }
  /** Graph cannot even give the id of the message at this position. */
  | { kind: "unreadable"; position: number; reason: string; requestId?: string };

/** What came of asking for the bytes of one message. */
export type MimeOutcome =
  | { kind: "mime"; body: Body }
  /** Graph says the message is not in the mailbox any more (404 ErrorItemNotFound). */
  | { kind: "gone" }
  /** This message cannot be had now; others can. `transient` says whether trying again soon makes sense. */
  | { kind: "failed"; reason: string; transient: boolean; status?: number; requestId?: string };

/** Requests of the last ten minutes, newest last: how many were sent in each ten-second slot. */
export interface RequestHistory {
  slots: { at: number; count: number }[];
  /** Epoch milliseconds before which the mailbox asked us to stay away. */
  pausedUntil?: number;
}

export interface OpenMailbox {
  /** What earlier speakers for this mailbox sent. */
  history: RequestHistory;
  /** How long to wait for one answer; the adapter's own choice when absent. */
  requestTimeoutMs?: number;
  /** Ask this of each message, too. `flag` is for {@link MailboxReader.filterFacts}; everything else tells it anyway. */
  extra?: readonly ExtraFact[];
  /** What earlier speakers waited for in vain: it is not asked for again, and is unread for the same reason. */
  unanswered?: readonly Unanswered[];
  /** Aborts requests in flight and waiting ones; they reject with code `cancelled`. */
  signal: AbortSignal;
}

/**
 * One mailbox, spoken to by one speaker: at most 4 requests in flight and 10,000 in 10 minutes, whatever the caller
 * starts at once (https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits).
 *
 * Retries of transient faults happen inside. Thrown codes: `throttled` (a pause too long to wait for; `retryAfterMs`),
 * `unavailable`, `forbidden`, `unauthenticated`, `no-mailbox`, `cancelled`, `invalid`.
 */
export interface MailboxReader {
  /** Whether there is a mailbox behind the user, and its kind as far as the identity may know it. */
  probe(): Promise<MailboxProbe>;
  /** A well-known folder (`inbox`, `drafts`, …, any language); without an id when the mailbox has none. */
  wellKnownFolder(name: string): Promise<NamedFolder>;
  /**
   * Every folder at every depth, search folders left out; hidden ones only when asked for. A folder whose children cannot
   * be listed says so, and stops nobody. Where the top level itself cannot be listed, its folders are asked for one by one:
   * by their well-known names, and by the ids that are `known` from earlier. `onTop` hears of that level as soon as it is known.
   */
  folders(options: {
    hidden: boolean;
    known?: () => Promise<string[]>;
    onTop?(top: Folder[]): void;
  }): Promise<FolderTree>;
  /** The folders below one folder, at every depth (for Recoverable Items, which the tree does not show). */
  foldersBelow(parent: string): Promise<Folder[]>;
  /**
   * The next page of changes of a folder: from `link`, or from the very start without one; `most` asks for a small page, to
   * see whether it is given at all.
   */
  changes(folder: FolderId, link: string | undefined, most?: number): Promise<ChangePage>;
  /**
   * The messages of a folder now, from a position on: the way around a page that is `unrendered`. Positions move when mail
   * leaves the folder meanwhile, so this finds messages and proves no absence.
   * @throws unavailable when no part of the folder can be had
   */
  listed(folder: FolderId, from: number): AsyncIterable<ListedStretch>;
  /** The ids of all messages in a folder now, page by page (the id sweep); `undefined` when the folder is gone. */
  messageIds(folder: FolderId): Promise<AsyncIterable<ImmutableId[]> | undefined>;
  /** The same with what a filter may ask: when received, from whom, read, attachments, categories, and what is extra. */
  filterFacts(folder: FolderId): Promise<AsyncIterable<MessageFacts[]> | undefined>;
  /** All facts of one message, wherever in the mailbox it is now; undefined when it is not in it. */
  message(id: ImmutableId): Promise<MessageFacts | undefined>;
  /** The bytes of one message as Exchange renders them now. The caller disposes of the body. */
  mime(id: ImmutableId): Promise<MimeOutcome>;
  /** To be handed to the next speaker. */
  history(): RequestHistory;
  /** The same, to those who speak for the same purpose: another run asks anew. */
  unanswered(): Unanswered[];
}

export interface MailSource {
  open(mailbox: MailboxId, options: OpenMailbox): MailboxReader;
}
