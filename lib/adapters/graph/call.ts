// One question to Graph on its way through the chain.
import type { MiddlewareOptions } from "@microsoft/microsoft-graph-client";
import type { MailboxId } from "../../core/ids.js";
import type { Answer } from "./answer.js";
import type { Where } from "./errors.js";
import type { Governor } from "./governor.js";

/** On whose behalf a question is asked; without one it is a question to the directory. */
export interface Speaker {
  mailbox: MailboxId;
  governor: Governor;
  signal: AbortSignal;
  timeoutMs?: number | undefined;
}

export interface Question<T> {
  /** The path with its ids left out: for metrics, never with anything personal. */
  route: string;
  where: Where;
  /** Path and query below the version, or a link exactly as Graph gave it. */
  target: { path: string } | { link: string };
  /** Makes the value of a 2xx answer; throws Fault `malformed` when it is not what was promised. */
  read(answer: Answer): T;
  /** `mime` bodies are spooled to disk when large; JSON is held in memory. */
  expects: "json" | "mime";
  /**
   * An advanced question to the directory; the path asks for `$count=true` besides.
   * https://learn.microsoft.com/graph/aad-advanced-queries
   */
  eventual?: boolean;
  /** Changes something; without it the question only reads. A write is repeated only where it certainly was not done. */
  send?: { method: "POST" | "DELETE"; json?: unknown };
  speaker?: Speaker;
  /** Asks for pages of at most so many items. */
  pageSize?: number;
  /** Tries when the answer was too much for the other side (504, timeout, cut JSON); a smaller page is better then. */
  slowTries?: number;
  /** Tries at most, whatever the table says. */
  mostTries?: number;
  /** Tries at most when it fails; a wish to wait is heeded as ever. */
  failureTries?: number;
}

/** Travels as a middleware option: that is how the SDK lets a request carry something to its chain. */
export class Call<T = unknown> implements MiddlewareOptions {
  /** Path and query as they go on the wire. */
  path = "";
  headers: Record<string, string> = {};
  /** How many requests were sent for it so far. */
  sent = 0;
  /** Answers that asked for a pause, and for how long altogether. */
  throttled = 0;
  throttledMs = 0;
  constructor(readonly question: Question<T>) {}
  get signal(): AbortSignal | undefined {
    return this.question.speaker?.signal;
  }
  get timeoutMs(): number | undefined {
    return this.question.speaker?.timeoutMs;
  }
  get governor(): Governor | undefined {
    return this.question.speaker?.governor;
  }
}

/** One link of the chain; `next` sends the call on and may be called again. */
export type Link = (call: Call, next: () => Promise<Answer>) => Promise<Answer>;
