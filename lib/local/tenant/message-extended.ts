// Properties that Exchange keeps of a message and Graph shows only by $expand (facts/graph.md D.6).
import type { StoredMessage } from "./mailbox.js";
import { type MailFacts, sizeOf } from "./message.js";

/** As Graph writes times: whole seconds. */
export const seconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

/** PS_INTERNET_HEADERS: header fields that Exchange has no property of its own for, by their names. */
const internetHeaders = "{00020386-0000-0000-c000-000000000046}";

/** Exchange echoes the id in lower case without the leading zero; what a message does not have is left out. */
export function extendedProperty(
  id: string,
  message: StoredMessage,
  facts: MailFacts,
): { id: string; value: string }[] {
  const [type = "", place = "", ...name] = id.split(" ");
  if (place.startsWith("{")) {
    const value = namedValue(place.toLowerCase(), name.join(" ").toLowerCase(), facts);
    return value === undefined ? [] : [{ id: [type, place.toLowerCase(), ...name].join(" "), value }];
  }
  const number = Number.parseInt(place, 16);
  const value = taggedValue(number, message, facts);
  return value === undefined ? [] : [{ id: `${type} 0x${number.toString(16)}`, value }];
}

const namedValue = (set: string, name: string, { labels }: MailFacts): string | undefined =>
  set === internetHeaders && name === "name msip_labels" ? labels : undefined;

function taggedValue(tag: number, message: StoredMessage, facts: MailFacts): string | undefined {
  switch (tag) {
    case 0x0e08:
      return String(sizeOf(message.source));
    case 0x1035:
      return facts.internetMessageId;
    case 0x001a:
      return facts.messageClass ?? "IPM.Note";
    case 0x0036:
      return String(facts.sensitivity ?? 0);
    case 0x0e07:
      return String((message.isRead ? 1 : 0) + (message.isDraft ? 8 : 0));
    case 0x0e06:
      return seconds(message.receivedAt);
    default:
      return undefined;
  }
}
