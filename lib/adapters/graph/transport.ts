// The last link: sends one request and comes back with the whole answer or none.
import type { IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import type { Agent, Dispatcher } from "undici";
import { MailkeepError } from "../../core/errors.js";
import type { Random } from "../../core/ids.js";
import { Answer } from "./answer.js";
import type { Call, Link } from "./call.js";
import { cancelled } from "./cancel.js";
import { Fault, networkFault } from "./fault.js";
import { Intake } from "./spool.js";

/** A page of 1,000 messages is about 2 MiB, one of 999 users with all their plans about 12 MiB. */
const maxJsonBytes = 32 * 1024 * 1024;
/** Exchange Online sends and takes at most 150 MB a message; encoding adds a third, imports can be larger still. */
const maxMimeBytes = 1024 * 1024 * 1024;
/** More of an error page is of no use. */
const maxErrorBytes = 1024 * 1024;

export interface TransportOptions {
  agent: Agent;
  /** The only host this link ever speaks to: calls carry a path, never a host, so a token cannot stray. */
  origin: string;
  /** How long to wait for the headers, and between two pieces of the body. */
  timeoutMs: number;
  spoolDir: string;
  random: Random;
}

/** Redirects are not followed. */
export function transport(options: TransportOptions): Link {
  return (call) =>
    new Promise<Answer>((resolve, reject) => {
      const receiver = new Receiver(call, options, { resolve, reject });
      if (call.signal?.aborted) return reject(cancelled(call.signal));
      options.agent.dispatch(
        {
          origin: options.origin,
          path: call.path,
          ...sent(call),
          headersTimeout: call.timeoutMs ?? options.timeoutMs,
          bodyTimeout: call.timeoutMs ?? options.timeoutMs,
        },
        receiver,
      );
    });
}

function sent({ question: { send }, headers }: Call) {
  if (send === undefined) return { method: "GET" as const, headers };
  if (send.json === undefined) return { method: send.method, headers };
  return {
    method: send.method,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(send.json),
  };
}

/** undici's lowest interface: half the CPU of its stream, and every failure arrives in one place. */
class Receiver implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | undefined;
  #intake: Intake | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #over = false;

  constructor(
    private readonly call: Call,
    private readonly options: TransportOptions,
    private readonly promise: { resolve(answer: Answer): void; reject(error: unknown): void },
  ) {
    call.signal?.addEventListener("abort", this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(cancelled(this.call.signal));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    this.#intake = new Intake(this.#limits());
    const fault = this.#ok ? unfit(headers, status, this.call.question.expects) : undefined;
    if (fault !== undefined) this.#fail(fault, controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    try {
      const busy = this.#intake?.add(chunk);
      if (busy === undefined) return;
      controller.pause();
      busy.then(
        () => controller.resume(),
        (error: unknown) => this.#fail(error, controller),
      );
    } catch (error) {
      this.#fail(error, controller);
    }
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#settle();
    this.#intake?.finish().then(
      (body) => this.promise.resolve(new Answer(this.#status, this.#headers, body)),
      (error: unknown) => this.#reject(error),
    );
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(meaning(error));
  }

  get #ok(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }

  #limits() {
    if (!this.#ok) return { maxBytes: maxErrorBytes };
    if (this.call.question.expects === "json") return { maxBytes: maxJsonBytes };
    const spoolTo = () => join(this.options.spoolDir, `mailkeep-${this.options.random.hex(32)}.part`);
    return { maxBytes: maxMimeBytes, spoolTo };
  }

  readonly #onAbort = (): void => this.#fail(cancelled(this.call.signal), this.#controller);

  #fail(error: unknown, controller?: Dispatcher.DispatchController): void {
    if (this.#over) return;
    this.#settle();
    controller?.abort(error instanceof Error ? error : new Error("given up"));
    this.#reject(error);
  }

  #settle(): void {
    this.#over = true;
    this.call.signal?.removeEventListener("abort", this.#onAbort);
  }

  /** The fault that ended the transfer is the one to tell, even if cleaning up after it fails too. */
  #reject(error: unknown): void {
    const tell = () => this.promise.reject(error);
    if (this.#intake === undefined) tell();
    else this.#intake.discard().then(tell, tell);
  }
}

/** Reasons to distrust a 2xx answer before its body is read. */
function unfit(headers: IncomingHttpHeaders, status: number, expects: "json" | "mime"): Fault | undefined {
  if (status !== 204 && headers["content-length"] === undefined && headers["transfer-encoding"] === undefined)
    return new Fault(
      "malformed",
      "the answer does not say where it ends, so a cut one could not be told from a whole one",
    );
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity")
    return new Fault("malformed", "the answer is compressed although we did not offer to take that");
  const type = String(headers["content-type"] ?? "").toLowerCase();
  if (expects === "mime" && (type.startsWith("text/html") || type.startsWith("application/json")))
    return new Fault("malformed", "an answer of another kind came in place of a message");
  const limit = expects === "json" ? maxJsonBytes : maxMimeBytes;
  if (Number(headers["content-length"] ?? 0) > limit) return new Fault("too-large", `over ${limit} bytes`);
  return undefined;
}

function meaning(error: Error): Error {
  if (error instanceof Fault) return error;
  if (!(error instanceof MailkeepError) && "code" in error && error.code === "UND_ERR_INVALID_ARG")
    return new MailkeepError("invalid", "the request cannot be sent as it is", { cause: error });
  return networkFault(error);
}
