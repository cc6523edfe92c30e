// What a person hears who cancels work that is over.
import { MailkeepError } from "./errors.js";

/** The refusal to cancel what came to another end than this: whoever asks would otherwise believe that it was stopped. */
export const nothingToCancel = (what: string, { id, status }: { id: string; status: string }, reason: string) =>
  new MailkeepError("conflict", `${what} ${id} has ended (${status}): there is nothing to cancel`, { reason });
