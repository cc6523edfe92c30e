// The bytes of one message, or the reason why not: told apart from the mailbox itself being closed.
import type { Body } from "../../core/body.js";
import { MailkeepError } from "../../core/errors.js";
import type { ImmutableId } from "../../core/ids.js";
import type { MimeOutcome } from "../../ports/mail-source.js";
import type { Answer } from "./answer.js";
import type { Reply } from "./client.js";
import { Fault } from "./fault.js";
import type { MailboxAsk } from "./mailbox-ask.js";

/**
 * So many refusals in a row, with not one message granted, are no property of single messages: the identity may list
 * mail but not read it (`Mail.ReadBasic.All`), and a person has to know instead of finding everything in quarantine.
 */
const mostDenials = 8;

export class MimeFetcher {
  #denied = 0;
  #granted = false;

  constructor(private readonly ask: MailboxAsk) {}

  async fetch(id: ImmutableId): Promise<MimeOutcome> {
    const reply = await this.ask.ask({
      route: "/users/{id}/messages/{id}/$value",
      where: "message",
      // Never below mailFolders: Exchange answers 405 there.
      path: `/messages/${encodeURIComponent(id)}/$value`,
      read: readMime,
      expects: "mime",
    });
    if (reply.kind === "ok") {
      this.#granted = true;
      return { kind: "mime", body: reply.value };
    }
    return reply.kind === "gone" ? { kind: "gone" } : this.#failed(reply);
  }

  /**
   * One message that cannot be had must not stop the others, and a mailbox that has closed must not be written down as
   * hundreds of bad messages. The inbox decides: if it opens, it is the message.
   */
  async #failed(reply: Exclude<Reply<Body>, { kind: "ok" }>): Promise<MimeOutcome> {
    const transient = reply.kind !== "failed-for-good";
    if (transient || reply.status === 403) await this.ask.inbox();
    if (reply.status === 403 && !this.#granted && ++this.#denied >= mostDenials)
      throw new MailkeepError("forbidden", "the mailbox opens, but none of its messages may be read", {
        reason: reply.reason,
        edge: "graph",
        status: reply.status,
        ...(reply.requestId !== undefined && { requestId: reply.requestId }),
      });
    const { reason, requestId, status } = reply;
    return {
      kind: "failed",
      reason,
      transient,
      ...(status > 0 && { status }),
      ...(requestId === undefined ? {} : { requestId }),
    };
  }
}

/** Exchange renders at least some header fields: nothing at all is no message. */
function readMime(answer: Answer): Body {
  if (answer.status !== 200 || answer.body.size === 0) throw new Fault("malformed", "an answer without a message");
  return answer.body;
}
