// What doors, timers and queues ask of this room.
import type { MailboxId, MessageKey, VerificationId } from "../core/ids.js";
import type { Page, PageRequest } from "../core/page.js";
import { minute } from "../core/time.js";
import { failVerification, tidyVerifications } from "./close.js";
import { type MessageProof, proveMessage } from "./proof.js";
import { cancelVerification, type RequestDeps, requestVerification, startVerification, type Wish } from "./request.js";
import { startShare } from "./share.js";
import { verifyMailbox } from "./verify-mailbox.js";
import { showParts, showVerification, type VerificationView, type VerifyPartView } from "./view.js";

/** Mailboxes read back at once in one process: each may hold a pack and a record, together some 40 MiB. */
const atOnce = 4;
/** Sixteen items that wait for each other's turn must all fit into host.json's functionTimeout of 15 minutes. */
const budgetMs = 3 * minute;

const poisoned = {
  code: "WORK_ITEM_POISONED",
  message: "the work failed again and again; the log says how; mend the cause and verify again",
};

interface Item {
  verification: VerificationId;
  mailbox?: MailboxId | undefined;
}

export function verifyUseCases(deps: RequestDeps) {
  const { rows } = deps;
  const turn = turns(atOnce);
  return {
    async request(wish: Wish): Promise<VerificationView> {
      const { id } = await requestVerification(wish, "manual", deps);
      return showVerification(id, rows);
    },
    get: (id: VerificationId): Promise<VerificationView> => showVerification(id, rows),
    mailboxes: (id: VerificationId, request: PageRequest): Promise<Page<VerifyPartView>> =>
      showParts(id, request, rows),
    async cancel(id: VerificationId): Promise<VerificationView> {
      await cancelVerification(id, deps);
      return showVerification(id, rows);
    },
    prove: (mailbox: MailboxId, key: MessageKey): Promise<MessageProof> => proveMessage(deps, mailbox, key),
    async work({ verification, mailbox }: Item): Promise<void> {
      if (mailbox === undefined) return startVerification(verification, deps);
      return turn(() => verifyMailbox({ verification, mailbox }, { ...deps, budgetMs }));
    },
    poison: ({ verification, mailbox }: Item): Promise<void> => failVerification(verification, mailbox, poisoned, deps),
    /** Each minute. */
    tidy: (): Promise<void> => tidyVerifications(deps),
    /** Each night: a share of the archive, so that all of it is read back in a set time. */
    nightly: async (): Promise<VerificationId | undefined> => (await startShare(deps))?.id,
  };
}

/** Lets so many run at once; the others wait in the order they came. */
function turns(most: number) {
  let free = most;
  const waiting: (() => void)[] = [];
  return async <T>(run: () => Promise<T>): Promise<T> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
