// All facts of one message, as the mailbox gives them now. A message that cannot even be asked about stops nobody.
import { isMailkeepError } from "../core/errors.js";
import type { ImmutableId } from "../core/ids.js";
import type { MailboxReader, MessageFacts } from "../ports/mail-source.js";

export type Inquired =
  | { kind: "message"; message: MessageFacts }
  | { kind: "gone" }
  | { kind: "failed"; reason: string; transient: boolean; requestId?: string };

/** @throws what concerns the whole mailbox: throttled, forbidden, unauthenticated, no-mailbox, cancelled */
export async function inquire(reader: MailboxReader, id: ImmutableId): Promise<Inquired> {
  try {
    const message = await reader.message(id);
    return message === undefined ? { kind: "gone" } : { kind: "message", message };
  } catch (error) {
    if (!isMailkeepError(error, "invalid", "too-large", "unavailable")) throw error;
    const { code, reason, requestId } = error;
    const failed = { kind: "failed" as const, reason: reason ?? code, transient: code === "unavailable" };
    return requestId === undefined ? failed : { ...failed, requestId };
  }
}
