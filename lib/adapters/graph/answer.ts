// One complete HTTP answer. The SDK takes it for a Response and, with ResponseType.RAW, hands it through untouched.
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { Body } from "../../core/body.js";
import { readRetryAfter } from "../../core/retry-after.js";
import { second } from "../../core/time.js";

const ErrorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string().optional().catch(undefined),
    innerError: z.object({ "request-id": z.string().optional() }).optional().catch(undefined),
    innererror: z.object({ "request-id": z.string().optional() }).optional().catch(undefined),
  }),
});

/** Graph's codes are words; anything else is not repeated, since it would reach logs and tables. */
const codeShape = /^[A-Za-z0-9_.-]{1,100}$/;

export class Answer {
  /** What the call's `read` made of a 2xx answer. */
  value: unknown;
  #error: z.infer<typeof ErrorBody>["error"] | undefined;
  #errorRead = false;

  constructor(
    readonly status: number,
    readonly headers: IncomingHttpHeaders,
    /** All of it: a body that did not arrive whole never becomes an answer. */
    readonly body: Body,
  ) {}

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  header(name: string): string | undefined {
    const value = this.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  text(): string {
    return Buffer.from(this.body.bytes ?? []).toString("utf8");
  }

  /** `error.code` of an error body; undefined when the body is empty, HTML, or otherwise not Graph's. */
  get code(): string | undefined {
    const code = this.#errorBody()?.code;
    return code !== undefined && codeShape.test(code) ? code : undefined;
  }

  /** Graph's `request-id`, for a support case. */
  get requestId(): string | undefined {
    const inner = this.#errorBody();
    const id = this.header("request-id") ?? inner?.innerError?.["request-id"] ?? inner?.innererror?.["request-id"];
    return id !== undefined && codeShape.test(id) ? id : undefined;
  }

  /**
   * Whether the refusal is worded as that of an Application Access Policy ("Access to OData is disabled: …"). The words
   * themselves are not repeated: they may name people.
   */
  get namesPolicy(): boolean {
    return /odata is disabled/i.test(this.#errorBody()?.message ?? "");
  }

  #errorBody() {
    if (!this.#errorRead && !this.ok) this.#error = parseErrorBody(this.text());
    this.#errorRead = true;
    return this.#error;
  }
}

function parseErrorBody(text: string) {
  try {
    return ErrorBody.safeParse(JSON.parse(text)).data?.error;
  } catch {
    return undefined; // empty or HTML, as gateways answer; the status alone decides then
  }
}

/** A day: more than that is a mistake on the other side, not a wish. */
const longestWishMs = 86_400 * second;

/** `Retry-After` in milliseconds; undefined when absent or unreadable. */
export function retryAfterMs(answer: Answer, now: Date): number | undefined {
  const said = { retryAfter: answer.header("retry-after") ?? "", date: answer.header("date") ?? "" };
  const ms = readRetryAfter(said, now);
  return ms === undefined ? undefined : Math.min(ms, longestWishMs);
}
