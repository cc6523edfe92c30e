// Runs a cmdlet: the documented Admin API where it has the endpoint and the tenant has it enabled, else InvokeCommand. Tries
// again what may pass, follows pages to their end, and gives all rows or none.
import { MailkeepError } from "../../core/errors.js";
import type { Random } from "../../core/ids.js";
import { readRetryAfter } from "../../core/retry-after.js";
import { type Clock, hour, minute, second } from "../../core/time.js";
import type { Log } from "../../ports/log.js";
import { Fault } from "../graph/fault.js";
import type { TokenSource } from "../graph/token.js";
import { type ExchangePage, type ExchangeRow, type Refused, readPage, readRefusal } from "./answer.js";
import { faultError, incomplete, isPassing, refusalError, saysNotFound, saysPagingDied } from "./refusal.js";
import type { Post, WireAnswer } from "./wire.js";

export interface Cmdlet {
  name: string;
  parameters: Record<string, string | boolean>;
  /** Where the documented Admin API v2.0 has it. */
  endpoint?: string;
}

export interface CallerOptions {
  /** Origin, and path if the edge lies below one; no slash at the end. */
  baseUrl: string;
  /** @throws MailkeepError when nobody knows it */
  tenantId(): Promise<string>;
  token: TokenSource;
  send(post: Post): Promise<WireAnswer>;
  clock: Clock;
  random: Random;
  log: Log;
  userAgent: string;
}

/** The system mailbox that every organisation has: routes all requests of an application to the same backend. */
const anchorMailbox = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}";
const tries = 4;
/** Each time-out takes more than a minute, and a person may be waiting. */
const slowTries = 2;
const longestWaitMs = minute;
/** A list that could not be read to its end is begun anew so often. */
const beginnings = 3;
/** 1,000 rows a page: a million recipients. */
const mostPages = 1_000;

type Reply = { kind: "page"; page: ExchangePage } | { kind: "refused"; refused: Refused };

export class ExchangeCaller {
  #documentedAgainAt = 0;

  constructor(private readonly options: CallerOptions) {}

  /** All rows; undefined when the object that the cmdlet names is not there. @throws MailkeepError */
  async rows(cmdlet: Cmdlet): Promise<ExchangeRow[] | undefined> {
    const { clock } = this.options;
    const tenant = encodeURIComponent(await this.options.tenantId());
    if (cmdlet.endpoint !== undefined && clock.now().getTime() >= this.#documentedAgainAt) {
      const result = await this.#all(cmdlet, `/adminapi/v2.0/${tenant}/${cmdlet.endpoint}`);
      if (result.kind === "rows") return result.rows;
      if (saysNotFound(result.refused)) return undefined;
      // 400 and 404: not enabled in this tenant; 401 and 403: the application may have the older role only.
      this.#documentedAgainAt = clock.now().getTime() + hour;
    }
    const result = await this.#all(cmdlet, `/adminapi/beta/${tenant}/InvokeCommand`);
    if (result.kind === "rows") return result.rows;
    if (saysNotFound(result.refused)) return undefined;
    throw this.#told(cmdlet, result.refused);
  }

  async #all(
    cmdlet: Cmdlet,
    path: string,
  ): Promise<{ kind: "rows"; rows: ExchangeRow[] } | { kind: "refused"; refused: Refused }> {
    for (let beginning = 1; ; beginning++) {
      const result = await this.#once(cmdlet, path);
      if (result.kind !== "partial") return result;
      this.options.log.warn("exchange.incomplete", { cmdlet: cmdlet.name, detail: result.why, beginning });
      if (beginning === beginnings) throw incomplete(cmdlet.name, result.why);
      await this.options.clock.sleep(this.#backOffMs(beginning));
    }
  }

  async #once(cmdlet: Cmdlet, path: string) {
    const rows: ExchangeRow[] = [];
    const partial = (why: string) => ({ kind: "partial" as const, why });
    const seen = new Set<string>();
    let url = `${this.options.baseUrl}${path}`;
    for (let pages = 1; pages <= mostPages; pages++) {
      const reply = await this.#reply(cmdlet, url);
      if (reply.kind === "refused") {
        // Whatever is refused in the midst of a list, the list is not whole.
        if (pages > 1 || saysPagingDied(reply.refused)) return partial("a further page was refused");
        return reply;
      }
      rows.push(...reply.page.rows);
      const { nextLink, warnings } = reply.page;
      if (nextLink === undefined)
        return warnings.length === 0 ? { kind: "rows" as const, rows } : partial("the last page came with a warning");
      const next = URL.parse(nextLink, url);
      if (next === null || next.origin !== new URL(url).origin)
        throw incomplete(cmdlet.name, "its next page is on another host, to which no token is sent");
      url = next.href;
      if (seen.has(url)) return partial("the pages go in a circle");
      seen.add(url);
    }
    return partial("it has too many pages");
  }

  /** One page, after as many tries as it takes. @throws MailkeepError `unavailable`, `throttled` */
  async #reply(cmdlet: Cmdlet, url: string): Promise<Reply> {
    for (let attempt = 1; ; attempt++) {
      const result = await this.#attempt(cmdlet, url);
      if (!(result instanceof Fault) && result.kind === "page") return result;
      const wish = result instanceof Fault ? undefined : result.retryAfterMs;
      const passing = result instanceof Fault ? result.kind !== "too-large" : isPassing(result.refused);
      if (!passing) {
        if (result instanceof Fault) throw this.#failed(cmdlet, result);
        return result;
      }
      if (wish !== undefined && wish > longestWaitMs)
        throw new MailkeepError("throttled", "Exchange Online asks for a long pause", { retryAfterMs: wish });
      if (attempt >= (result instanceof Fault && result.kind === "timeout" ? slowTries : tries)) {
        if (result instanceof Fault) throw this.#failed(cmdlet, result);
        throw this.#told(cmdlet, result.refused);
      }
      await this.options.clock.sleep(wish ?? this.#backOffMs(attempt));
    }
  }

  async #attempt(cmdlet: Cmdlet, url: string): Promise<(Reply & { retryAfterMs?: number }) | Fault> {
    const { token, send } = this.options;
    try {
      let bearer = await token.get();
      let answer = await send(await this.#post(cmdlet, url, bearer));
      if (answer.status === 401) {
        const current = await token.get();
        bearer = current === bearer ? await token.get({ fresh: true }) : current;
        answer = await send(await this.#post(cmdlet, url, bearer));
      }
      if (answer.status >= 200 && answer.status < 300) return { kind: "page", page: readPage(answer) };
      const retryAfterMs = this.#wish(answer);
      return { kind: "refused", refused: readRefusal(answer), ...(retryAfterMs !== undefined && { retryAfterMs }) };
    } catch (error) {
      if (error instanceof Fault) return error;
      throw error;
    }
  }

  /** The same headers from the first page to the last: the paging token is bound to the server they led to. */
  async #post({ name, parameters }: Cmdlet, url: string, bearer: string): Promise<Post> {
    const { random, userAgent } = this.options;
    return {
      url,
      body: JSON.stringify({ CmdletInput: { CmdletName: name, Parameters: parameters } }),
      headers: {
        authorization: `Bearer ${bearer}`,
        "content-type": "application/json; charset=utf-8",
        accept: "application/json",
        "accept-encoding": "identity",
        "x-anchormailbox": `APP:${anchorMailbox}@${await this.options.tenantId()}`,
        "x-cmdletname": name,
        "x-responseformat": "json",
        prefer: "odata.maxpagesize=1000",
        "client-request-id": random.hex(32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
        "user-agent": userAgent,
      },
    };
  }

  #wish({ headers }: WireAnswer): number | undefined {
    const said = { retryAfter: String(headers["retry-after"] ?? ""), date: String(headers.date ?? "") };
    const ms = readRetryAfter(said, this.options.clock.now());
    return ms === undefined ? undefined : Math.max(ms, second);
  }

  /** 0.5 to 1 s before the second try, then twice as long each time. */
  #backOffMs(failures: number): number {
    return second * 2 ** (failures - 1) * (0.5 + this.options.random.fraction() / 2);
  }

  #told({ name }: Cmdlet, refused: Refused): MailkeepError {
    return this.#logged(name, refusalError(refused, name), refused.status);
  }

  #failed({ name }: Cmdlet, fault: Fault): MailkeepError {
    return this.#logged(name, faultError(fault, name), 0);
  }

  #logged(cmdlet: string, error: MailkeepError, status: number): MailkeepError {
    this.options.log.warn("exchange.refused", { cmdlet, status, code: error.code, reason: error.reason });
    return error;
  }
}
