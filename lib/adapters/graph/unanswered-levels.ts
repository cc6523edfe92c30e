// Lists of folders that never come. To find that out takes minutes each time, so each is found out once.
import { MailkeepError } from "../../core/errors.js";
import type { Unanswered, Unread } from "../../ports/mail-source.js";
import { faultReason } from "./fault.js";
import { isOfLevel, unreadBy } from "./folders.js";

type Place = Omit<Unanswered, keyof Unread>;

export class UnansweredLevels {
  readonly #known = new Map<string, Unanswered>();

  constructor(before: readonly Unanswered[] = []) {
    for (const level of before) this.#known.set(keyOf(level), level);
  }

  all(): Unanswered[] {
    return [...this.#known.values()];
  }

  /** @throws MailkeepError `unavailable`, unasked, where the list was waited for in vain before; else what `ask` throws */
  async unlessInVain<T>(place: Place, ask: () => Promise<T>): Promise<T> {
    const before = this.#known.get(keyOf(place));
    if (before !== undefined) throw inVain(before);
    try {
      return await ask();
    } catch (error) {
      if (isOfLevel(error) && isNoAnswer(error)) this.#known.set(keyOf(place), { ...place, ...unreadBy(error) });
      throw error;
    }
  }
}

const keyOf = ({ parent, hidden }: Place): string => `${hidden} ${parent}`;

/** Nothing came in time, to us or to a gateway. Other failures are told at once, and may have passed when asked again. */
const isNoAnswer = ({ reason, status }: MailkeepError): boolean =>
  status === undefined ? reason === faultReason.timeout : status === 504;

function inVain({ reason, status, requestId }: Unanswered): MailkeepError {
  return new MailkeepError("unavailable", `a list of folders was waited for in vain before (${reason})`, {
    reason,
    edge: "graph",
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
  });
}
