// The port MailboxReader on Graph: which request answers which question.
import { z } from "zod";
import { isMailkeepError } from "../../core/errors.js";
import type { FolderId, ImmutableId } from "../../core/ids.js";
import type { MailboxProbe } from "../../ports/directory.js";
import type {
  ChangePage,
  ExtraFact,
  Folder,
  FolderTree,
  ListedStretch,
  MailboxReader,
  MessageFacts,
  MimeOutcome,
  NamedFolder,
  OpenMailbox,
  Unanswered,
} from "../../ports/mail-source.js";
import type { Reply } from "./client.js";
import { isPlainAbsence } from "./errors.js";
import { expandOf } from "./extended-properties.js";
import { Fault } from "./fault.js";
import { FolderLevels, type FoldersAsked, wholeTree } from "./folder-levels.js";
import { folderTree } from "./folders.js";
import type { Governor } from "./governor.js";
import { follow, type Page, readJson } from "./json.js";
import { listFolder, reasonOf } from "./list-folder.js";
import { IdOnly, type MailboxAsk, type PageQuestion, valueIn } from "./mailbox-ask.js";
import {
  changeSelect,
  filterSelect,
  leanSelect,
  messageSelect,
  readChange,
  readFacts,
  readId,
} from "./message-facts.js";
import { MimeFetcher } from "./mime.js";
import { PageSize } from "./page-size.js";
import { probeMailbox, type SettingsAccess } from "./probe.js";
import { UnansweredLevels } from "./unanswered-levels.js";

/** No maximum is documented for delta pages; 500 answers well within the time-out even with recipients selected. */
const changesPerPage = 500;
/** https://learn.microsoft.com/graph/api/user-list-messages: at most 1,000. */
const idsPerPage = 1_000;
/** Fewer than ids: senders are selected, too. */
const filterFactsPerPage = 250;

export class GraphMailboxReader implements MailboxReader {
  readonly #changeSizes = new PageSize(changesPerPage);
  readonly #idSizes = new PageSize(idsPerPage);
  readonly #filterSizes = new PageSize(filterFactsPerPage);
  readonly #levels: FolderLevels;
  readonly #mime: MimeFetcher;
  /** What is asked of a change; less once Graph has refused it. */
  #select = changeSelect;
  /** Asked of every message besides its facts. */
  readonly #extra: readonly ExtraFact[];
  readonly #also: string;

  constructor(
    private readonly ask: MailboxAsk,
    private readonly governor: Governor,
    private readonly settings: SettingsAccess,
    { extra = [], unanswered = [] }: Partial<Pick<OpenMailbox, "extra" | "unanswered">> = {},
  ) {
    this.#extra = extra;
    this.#also = expandOf(extra);
    this.#mime = new MimeFetcher(ask);
    this.#levels = new FolderLevels(ask, new UnansweredLevels(unanswered));
  }

  probe(): Promise<MailboxProbe> {
    return probeMailbox(this.ask, this.settings);
  }

  async wellKnownFolder(name: string): Promise<NamedFolder> {
    const route = "/users/{id}/mailFolders/{name}";
    const reply = await this.ask.ask({
      route,
      where: "well-known",
      path: `/mailFolders/${encodeURIComponent(name)}?$select=id`,
      read: (answer) => readJson(answer, IdOnly),
    });
    if (reply.kind === "absent") return { id: undefined, isAbsent: isPlainAbsence(reply) };
    return { id: valueIn(reply, route).id as FolderId, isAbsent: false };
  }

  folders(options: FoldersAsked): Promise<FolderTree> {
    return wholeTree(this.#levels, options);
  }

  async foldersBelow(parent: string): Promise<Folder[]> {
    const { items, unread } = (await this.#levels.below(parent, true, true)) ?? { items: [] };
    const folders = await folderTree((id) => this.#levels.below(id, true), true)(items, parent);
    if (unread === undefined || folders[0] === undefined) return folders;
    // The one above is not among them, so the first one has to tell.
    return [{ ...folders[0], belowUnread: folders[0].belowUnread ?? unread }, ...folders.slice(1)];
  }

  async changes(folder: FolderId, link: string | undefined, most?: number): Promise<ChangePage> {
    const route = "/users/{id}/mailFolders/{id}/messages/delta";
    // Links received are checked on receipt; one that was kept may be of a cloud or host that is no longer configured.
    if (link !== undefined && !this.ask.leadsHere(link)) return { kind: "resync", reason: "LINK_OF_ANOTHER_HOST" };
    const where = link === undefined ? "folder" : "link";
    const path = (select: string) => `/mailFolders/${encodeURIComponent(folder)}/messages/delta?${select}${this.#also}`;
    const sizes = most === undefined ? this.#changeSizes : new PageSize(most);
    const item = (raw: unknown) => readChange(raw, this.#extra);
    const ask = (select: string) =>
      this.ask.page({ route, where, path: () => path(select), link, item, sizes }, mustGoOn);
    // A link says itself what it selects.
    const reply = await (link === undefined ? this.#withOrWithoutPreview(ask) : ask(this.#select));
    if (reply.kind === "resync") return { kind: "resync", reason: reply.reason };
    if (reply.kind === "folder-gone") return { kind: "folder-gone" };
    if (reply.kind === "unrendered") return { kind: "unrendered", ...reasonOf(reply) };
    const { items, nextLink, deltaLink } = valueIn(reply, route);
    const next = { link: nextLink ?? deltaLink ?? "", roundDone: nextLink === undefined };
    return { kind: "page", changes: items, next };
  }

  listed(folder: FolderId, from: number): AsyncIterable<ListedStretch> {
    return listFolder(this.ask, folder, from, (ask) => this.#withOrWithoutPreview(ask));
  }

  messageIds(folder: FolderId): Promise<AsyncIterable<ImmutableId[]> | undefined> {
    return this.#allIn(folder, { what: "$select=id", item: readId, sizes: this.#idSizes });
  }

  filterFacts(folder: FolderId): Promise<AsyncIterable<MessageFacts[]> | undefined> {
    const what = `${filterSelect(this.#extra)}${this.#also}`;
    const item = (raw: unknown) => readFacts(raw, this.#extra);
    return this.#allIn(folder, { what, item, sizes: this.#filterSizes });
  }

  /** Something of all messages in a folder. */
  async #allIn<T>(
    folder: FolderId,
    { what, item, sizes }: { what: string; item(raw: unknown): T; sizes: PageSize },
  ): Promise<AsyncIterable<T[]> | undefined> {
    const question: PageQuestion<T> = {
      route: "/users/{id}/mailFolders/{id}/messages",
      where: "folder",
      path: (pageSize) => `/mailFolders/${encodeURIComponent(folder)}/messages?${what}&$top=${pageSize}`,
      item,
      sizes,
    };
    const first = await this.ask.page(question);
    if (first.kind === "folder-gone") return undefined;
    // A folder that goes while its pages are read throws: an end would say that the ids were all of them.
    return follow(valueIn(first, question.route), (link) => this.#next(question, link));
  }

  async message(id: ImmutableId): Promise<MessageFacts | undefined> {
    const route = "/users/{id}/messages/{id}";
    const ask = (select: string) =>
      this.ask.ask({
        route,
        where: "message",
        path: `/messages/${encodeURIComponent(id)}?${select}${this.#also}`,
        read: (answer) => readFacts(readJson(answer, z.unknown()), this.#extra),
      });
    const reply = await this.#withOrWithoutPreview(ask);
    if (reply.kind === "gone") return undefined;
    if (reply.kind !== "failed-for-now" && reply.kind !== "failed-for-good") return valueIn(reply, route);
    // Addresses are what Exchange most often cannot render; they are in the message itself as well.
    const lean = await ask(leanSelect);
    return lean.kind === "ok" ? lean.value : valueIn(reply, route);
  }

  mime(id: ImmutableId): Promise<MimeOutcome> {
    return this.#mime.fetch(id);
  }

  history() {
    return this.governor.history();
  }

  unanswered(): Unanswered[] {
    return this.#levels.unanswered.all();
  }

  /** To see edits is worth a property, and no mailbox: where the question is refused, it is asked without from then on. */
  async #withOrWithoutPreview<T>(ask: (select: string) => Promise<Reply<T>>): Promise<Reply<T>> {
    const select = this.#select;
    const mayBePreview = (status: number | undefined) => status === 400 && select !== messageSelect;
    try {
      const reply = await ask(select);
      // What a refusal says by its code it means.
      if (reply.kind !== "failed-for-good" || !mayBePreview(reply.status)) return reply;
    } catch (error) {
      if (!isMailkeepError(error, "invalid") || !mayBePreview(error.status)) throw error;
    }
    const reply = await ask(messageSelect);
    if (reply.kind === "ok") this.#select = messageSelect;
    return reply;
  }

  async #next<T>(question: PageQuestion<T>, link: string): Promise<Page<T>> {
    return valueIn(await this.ask.page({ ...question, link }), question.route);
  }
}

/** A delta page with neither link is no end of the round, it is a broken page. */
function mustGoOn(page: Page<unknown>): void {
  if (page.nextLink === undefined && page.deltaLink === undefined)
    throw new Fault("malformed", "a delta page without a link");
}
