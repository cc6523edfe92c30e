// Our links as the middleware of the Graph client.
import { type Context, GraphClientError, type Middleware } from "@microsoft/microsoft-graph-client";
import { MailkeepError } from "../../core/errors.js";
import type { Answer } from "./answer.js";
import { Call, type Link } from "./call.js";
import { pathOfLink, version } from "./link.js";

/** Carries our errors through the SDK, which passes on its own class and rewrites every other. */
export class ChainError extends GraphClientError {
  readonly carried: unknown;
  constructor(carried: unknown) {
    super("carried");
    Object.setPrototypeOf(this, ChainError.prototype); // the SDK's constructor resets it
    this.carried = carried;
  }
}

export function chain(origin: string, links: readonly Link[]): Middleware[] {
  return [new Entry(origin), ...links.map((link) => new LinkMiddleware(link))];
}

/** Takes the URL and headers the SDK has put together; a link of Graph's own replaces the URL unchanged. */
class Entry implements Middleware {
  #next: Middleware | undefined;
  constructor(private readonly origin: string) {}

  setNext(next: Middleware): void {
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    try {
      const call = callOf(context);
      const { target } = call.question;
      call.path = "link" in target ? pathOfLink(this.origin, target.link) : this.#pathOf(context.request);
      call.headers = { ...(context.options?.headers as Record<string, string>) };
      await this.#next?.execute(context);
    } catch (error) {
      throw new ChainError(error);
    }
  }

  #pathOf(request: unknown): string {
    if (typeof request !== "string" || !request.startsWith(`${this.origin}/${version}/`))
      throw new MailkeepError("invalid", "a request was addressed to another host; it was not sent");
    return request.slice(this.origin.length);
  }
}

class LinkMiddleware implements Middleware {
  #next: Middleware | undefined;
  constructor(private readonly link: Link) {}

  setNext(next: Middleware): void {
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    // What the SDK takes for a Response is an Answer of ours: see answer.ts.
    const carried: { response?: unknown } = context;
    const next = async () => {
      await this.#next?.execute(context);
      return carried.response as Answer;
    };
    carried.response = await this.link(callOf(context), next);
  }
}

function callOf(context: Context): Call {
  const call = context.middlewareControl?.getMiddlewareOptions(Call);
  if (!(call instanceof Call)) throw new MailkeepError("invalid", "a request came without its call");
  return call;
}
