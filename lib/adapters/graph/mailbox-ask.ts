// Questions about one mailbox: fills in whose it is and who asks.
import { z } from "zod";
import { MailkeepError } from "../../core/errors.js";
import type { Answer } from "./answer.js";
import type { Question, Speaker } from "./call.js";
import type { GraphClient, Reply } from "./client.js";
import type { Where } from "./errors.js";
import { type Page, readJson, readPage } from "./json.js";
import { pathOfLink } from "./link.js";
import type { PageSize } from "./page-size.js";

export interface MailboxQuestion<T> {
  route: string;
  where: Where;
  /** Below `/users/{id}`. */
  path: string;
  read(answer: Answer): T;
  expects?: "mime";
  send?: { method: "POST" | "DELETE"; json?: unknown };
  failureTries?: number;
}

export interface PageQuestion<T> {
  route: string;
  where: Where;
  /** Below `/users/{id}`; the page size is for those lists that take it as `$top`. */
  path(pageSize: number): string;
  /** Asks with this link instead. */
  link?: string | undefined;
  item(raw: unknown): T;
  sizes: PageSize;
}

export type Stretch<T> = Omit<MailboxQuestion<Page<T>>, "read" | "expects"> & { item(raw: unknown): T };

export const IdOnly = z.object({ id: z.string().min(1) });

export class MailboxAsk {
  constructor(
    private readonly client: GraphClient,
    private readonly speaker: Speaker,
    private readonly origin: string,
  ) {}

  ask<T>({ path, ...rest }: MailboxQuestion<T>): Promise<Reply<T>> {
    return this.client.ask({ expects: "json", ...rest, target: { path: this.#below(path) }, speaker: this.speaker });
  }

  /** Whether a link kept from an earlier day still leads to the Graph that is configured now. */
  leadsHere(link: string): boolean {
    try {
      pathOfLink(this.origin, link);
      return true;
    } catch {
      return false;
    }
  }

  /** @throws MailkeepError also for outcomes that are not a value */
  async value<T>(question: MailboxQuestion<T>): Promise<T> {
    return valueIn(await this.ask(question), question.route);
  }

  page<T>(question: PageQuestion<T>, check?: (page: Page<T>) => void): Promise<Reply<Page<T>>> {
    const { route, where, link, item, sizes } = question;
    const read = (answer: Answer) => {
      const page = readPage(answer, { item, origin: this.origin, asked: link });
      check?.(page);
      return page;
    };
    return this.client.askPage(sizes, (pageSize): Question<Page<T>> => {
      const target = link === undefined ? { path: this.#below(question.path(pageSize)) } : { link };
      return { route, where, target, read, expects: "json", speaker: this.speaker };
    });
  }

  /** One page, as it is asked for: no smaller one is tried. */
  stretch<T>({ item, ...question }: Stretch<T>): Promise<Reply<Page<T>>> {
    return this.ask({
      ...question,
      read: (answer) => readPage(answer, { item, origin: this.origin, asked: undefined }),
    });
  }

  /** The smallest question that only an open mailbox answers. @throws MailkeepError `forbidden`, `no-mailbox`, … */
  async inbox(): Promise<void> {
    await this.value({
      route: "/users/{id}/mailFolders/inbox",
      where: "mailbox",
      path: "/mailFolders/inbox?$select=id",
      read: (answer) => readJson(answer, IdOnly),
    });
  }

  #below(path: string): string {
    return `/users/${encodeURIComponent(this.speaker.mailbox)}${path}`;
  }
}

/** @throws MailkeepError `unavailable` or `invalid` for an outcome that the question has no place for */
export function valueIn<T>(reply: Reply<T>, route: string): T {
  if (reply.kind === "ok") return reply.value;
  const code = reply.kind === "failed-for-good" ? "invalid" : "unavailable";
  throw new MailkeepError(code, `Graph gave no usable answer to GET ${route}: ${reply.kind} (${reply.reason})`, {
    reason: reply.reason,
    edge: "graph",
    ...(reply.status > 0 && { status: reply.status }),
    ...(reply.requestId === undefined ? {} : { requestId: reply.requestId }),
  });
}
