// Talks to one mailbox outside a run: under its claim, like every speaker, so that four requests in flight stay four.

import type { MailboxId } from "../core/ids.js";
import type { ExtraFact, MailboxReader, MailSource } from "../ports/mail-source.js";
import { type Claim, type ClaimDeps, takeClaim } from "./claim.js";

/** Undefined when another worker holds the mailbox just now. */
export async function withMailbox<T>(
  mailbox: MailboxId,
  deps: ClaimDeps & { mail: MailSource; requestTimeoutMs?: number; extra?: readonly ExtraFact[] },
  talk: (reader: MailboxReader, claim: Claim) => Promise<T>,
): Promise<T | undefined> {
  const attempt = await takeClaim(mailbox, deps);
  if (attempt.kind === "held") return undefined;
  const { claim } = attempt;
  const { requestTimeoutMs, extra = [] } = deps;
  const reader = deps.mail.open(mailbox, {
    history: claim.history,
    signal: claim.signal,
    extra,
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
  });
  claim.follow(() => reader.history());
  try {
    return await talk(reader, claim);
  } finally {
    await claim.release(reader.history());
  }
}
