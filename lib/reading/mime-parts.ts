// The parts of a message as it streams by, in no more time than one request may take.
import { type Clock, second } from "../core/time.js";
import { asBuffer } from "../pack/base64-lines.js";
import { type MimeItem, MimeWalker } from "./mime-walker.js";
import { refused } from "./refused.js";

/** Time for reading and parsing one message, without the time that whoever uses the items takes. */
export const parsingLimitMs = 60 * second;
/** So much is parsed between two looks at the clock. */
const stepBytes = 64 * 1024;

/** @throws MailkeepError `too-large` (MESSAGE_TOO_COMPLEX): see mime-walker.ts for the bounds */
export async function* mimeItems(message: AsyncIterable<Uint8Array>, clock: Clock): AsyncGenerator<MimeItem> {
  const walker = new MimeWalker();
  let spentMs = 0;
  let since = clock.monotonicMs();
  const use = async function* (items: Iterable<MimeItem>): AsyncGenerator<MimeItem> {
    for (const item of items) {
      spentMs += clock.monotonicMs() - since;
      yield item;
      since = clock.monotonicMs();
    }
    if (spentMs + clock.monotonicMs() - since > parsingLimitMs)
      throw refused("the message takes too long to be searched");
  };
  for await (const chunk of message)
    for (let at = 0; at < chunk.length; at += stepBytes)
      yield* use(walker.push(asBuffer(chunk.subarray(at, at + stepBytes))));
  yield* use(walker.end());
}
