// Asks Graph one question and says what came of it: a value, a named outcome, or an error of ours.
import { Client, ResponseType } from "@microsoft/microsoft-graph-client";
import { type ErrorCode, MailkeepError } from "../../core/errors.js";
import type { MailboxId, Random } from "../../core/ids.js";
import type { Clock } from "../../core/time.js";
import type { Log } from "../../ports/log.js";
import { Answer } from "./answer.js";
import { Call, type Link, type Question } from "./call.js";
import { ChainError, chain } from "./chain.js";
import { countRequest } from "./count-request.js";
import { faultEnd, type Outcome, ruleFor } from "./errors.js";
import { Fault, faultReason } from "./fault.js";
import { version } from "./link.js";
import type { PageSize } from "./page-size.js";
import { isTimeout, isTooMuch } from "./retry.js";

export type Reply<T> =
  | { kind: "ok"; value: T }
  | { kind: Outcome; status: number; reason: string; requestId: string | undefined };

/** One call, told when it is over: for metrics. `status` is 0 when no answer came. */
export interface RequestEvent {
  mailbox?: MailboxId;
  route: string;
  status: number;
  ms: number;
  /** Requests sent beyond the first. */
  retries: number;
  /** Answers that asked for a pause, and for how many milliseconds altogether. */
  throttled: number;
  throttledMs: number;
}

export interface ClientOptions {
  origin: string;
  links: readonly Link[];
  clock: Clock;
  random: Random;
  log: Log;
  userAgent: string;
  onRequest?: (event: RequestEvent) => void;
}

export class GraphClient {
  readonly #graph: Client;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#graph = Client.initWithMiddleware({
      middleware: chain(options.origin, options.links),
      baseUrl: options.origin,
      defaultVersion: version,
    });
  }

  /** @throws MailkeepError whatever the error table says is thrown, and `cancelled` */
  async ask<T>(question: Question<T>): Promise<Reply<T>> {
    return this.#run(question, await this.#send(question));
  }

  /** Asks for a page, and for a smaller one as long as Graph chokes on it. */
  async askPage<T>(sizes: PageSize, question: (pageSize: number) => Question<T>): Promise<Reply<T>> {
    for (;;) {
      const size = sizes.current;
      const asked = { ...question(size), pageSize: size, slowTries: slowTries(size, sizes.largest) };
      const result = await this.#send(asked);
      const tooMuch = result instanceof Fault || !result.ok ? isTooMuch(result) : false;
      if (tooMuch && sizes.shrink(size, isTimeout(result) ? slowShrink : 2)) continue;
      const reply = this.#run(asked, result);
      if (reply.kind === "ok") sizes.succeeded();
      return reply;
    }
  }

  async #send(question: Question<unknown>): Promise<Answer | Fault> {
    const call = new Call(question);
    const started = this.#options.clock.monotonicMs();
    let status = 0;
    try {
      const path = "path" in question.target ? question.target.path : "/";
      const request = this.#graph.api(path).headers(this.#headers(question));
      const answer = (await request.responseType(ResponseType.RAW).middlewareOptions([call]).get()) as Answer;
      status = answer.status;
      return answer;
    } catch (error) {
      const carried = error instanceof ChainError ? error.carried : error;
      if (carried instanceof Fault) return carried;
      throw carried;
    } finally {
      this.#report(call, status, this.#options.clock.monotonicMs() - started);
    }
  }

  #run<T>(question: Question<T>, result: Answer | Fault): Reply<T> {
    if (result instanceof Answer && result.ok) return { kind: "ok", value: result.value as T };
    const { end, reason, status, requestId } = ending(question, result);
    const detail = { reason, ...(requestId === undefined ? {} : { requestId }) };
    const namesPolicy = result instanceof Answer && result.namesPolicy;
    if ("outcome" in end) {
      if (end.outcome === "unrendered")
        this.#options.log.warn("graph.unrendered", { route: question.route, status, ...detail });
      return { kind: end.outcome, status, reason, requestId };
    }
    // A user without a mailbox is an answer, not trouble.
    const level = end.throws === "no-mailbox" ? "info" : "warn";
    this.#options.log[level]("graph.refused", { route: question.route, status, code: end.throws, ...detail });
    throw new MailkeepError(end.throws, sentence(end.throws, question, reason), {
      ...detail,
      edge: "graph",
      ...(status > 0 && { status }),
      ...(namesPolicy && { namesPolicy }),
      ...(result instanceof Fault ? { cause: result } : {}),
    });
  }

  #headers(question: Question<unknown>): Record<string, string> {
    const size = question.pageSize === undefined ? "" : `, odata.maxpagesize=${question.pageSize}`;
    return {
      // On every request, nextLinks included: https://learn.microsoft.com/graph/outlook-immutable-id
      prefer: `IdType="ImmutableId"${size}`,
      accept: question.expects === "json" ? "application/json" : "*/*",
      "accept-encoding": "identity",
      "client-request-id": guid(this.#options.random),
      "user-agent": this.#options.userAgent,
      ...(question.eventual && { consistencylevel: "eventual" }),
    };
  }

  #report(call: Call, status: number, ms: number): void {
    const { route, speaker } = call.question;
    const { throttled, throttledMs } = call;
    const event = { route, status, ms, retries: Math.max(call.sent - 1, 0), throttled, throttledMs };
    countRequest(event);
    this.#options.onRequest?.({ ...(speaker && { mailbox: speaker.mailbox }), ...event });
  }
}

/** Each time-out takes more than a minute: four of them are enough to find out that size is not the matter. */
const slowShrink = 8;

/** A page that is too much is asked for twice at full size, once at smaller ones, and three times when it cannot shrink. */
function slowTries(size: number, largest: number): number {
  if (size <= 1) return 3;
  return size === largest ? 2 : 1;
}

function ending(question: Question<unknown>, result: Answer | Fault) {
  if (result instanceof Fault) {
    const end = faultEnd(result.kind, question.where);
    return { end, reason: result.reason ?? faultReason[result.kind], status: 0, requestId: undefined };
  }
  const { status, code, requestId } = result;
  return { end: ruleFor(status, code, question.where).end, reason: code ?? `HTTP_${status}`, status, requestId };
}

function sentence(code: ErrorCode, { route, send }: Question<unknown>, reason: string): string {
  return `Graph gave no usable answer to ${send?.method ?? "GET"} ${route}: ${code} (${reason})`;
}

/** A random GUID (RFC 9562 version 4), as Graph wants it for `client-request-id`. */
function guid(random: Random): string {
  const hex = random.hex(32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
