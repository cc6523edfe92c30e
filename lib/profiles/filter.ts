// Which messages of the chosen folders a profile wants: the filter as the API shows it (design section 8).
import { z } from "zod";
import { shortHash } from "../core/ids.js";

const Time = z.union(
  [z.iso.datetime({ offset: true }).max(40), z.iso.date()],
  "is neither a date like 2026-01-31 (UTC) nor an ISO 8601 time with its zone like 2026-01-31T00:00:00Z",
);

/** A hundred years; older mail is younger than e-mail. */
const mostDays = 36_500;
/** Exchange counts a message's size in 32 bits (PR_MESSAGE_SIZE). */
const mostBytes = 2_147_483_647;
const Bytes = z.number().int().min(0).max(mostBytes);

/** RFC 5321 section 4.5.3.1: 64 octets, an @ and 255 octets. */
const Sender = z
  .string()
  .trim()
  .max(320)
  .regex(
    /^[^\s@<>(),;:"]*@[^\s@<>(),;:"]+$/,
    "is neither an address, nor a domain like @contoso.com, nor a pattern like *@*.contoso.com",
  );

const Category = z.string().trim().min(1).max(255);

/** MS-OXCMSG section 2.2.1.3: at most 255 characters, in any case. */
const MessageClass = z
  .string()
  .trim()
  .max(255)
  .regex(
    /^[\w-]+(?:\.[\w-]+)*(?:\.?\*)?$/,
    "is neither a message class like IPM.Note nor the beginning of one with a star behind it, like IPM.Note.SMIME*",
  );

/** Graph tells the ids of labels and not their names, which change and have translations. */
const SensitivityLabel = z
  .string()
  .trim()
  .regex(
    /^(?:none|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i,
    "is neither the id of a sensitivity label (Get-Label shows it as Guid; a message carries no names that could be trusted) nor none",
  );

/** Everything must hold at once; what is not given does not matter. */
export const MessageFilter = z
  .strictObject({
    /** Received at this time or later; a date is its first moment in UTC. */
    receivedFrom: Time.nullable().default(null),
    /** Received before this time. */
    receivedTo: Time.nullable().default(null),
    /** Received at least so many days ago. What is younger is remembered, and taken when it is old enough. */
    olderThanDays: z.number().int().min(0).max(mostDays).nullable().default(null),
    read: z.enum(["any", "read", "unread"]).default("any"),
    /** As Exchange counts them: pictures inside the text are none. */
    hasAttachments: z.enum(["any", "yes", "no"]).default("any"),
    /** At least, and at most, so many bytes, as Exchange counts the size of the message. */
    minSize: Bytes.nullable().default(null),
    maxSize: Bytes.min(1).nullable().default(null),
    /** From one of these: `anna@contoso.com`, `@contoso.com`, `*@*.contoso.com`. Case does not matter. */
    senders: z.array(Sender).max(1_000).default([]),
    /** With one of these categories. Case does not matter. */
    categories: z.array(Category).max(200).default([]),
    /** The follow-up flag as it is now. */
    flag: z.enum(["any", "notFlagged", "flagged", "complete"]).default("any"),
    /** Of one of these: `IPM.Note`, and with a star behind it whatever begins so. Case does not matter. */
    messageClasses: z.array(MessageClass).max(100).default([]),
    /** What the sender marked it as, one of these. */
    sensitivity: z
      .array(z.enum(["normal", "personal", "private", "confidential"]))
      .max(4)
      .default([]),
    /** With one of these sensitivity labels of Purview, by their ids; `none`: without any. */
    sensitivityLabels: z.array(SensitivityLabel).max(200).default([]),
  })
  .superRefine(({ receivedFrom, receivedTo, minSize, maxSize }, check) => {
    const wrong = (field: string, message: string) => check.addIssue({ code: "custom", path: [field], message });
    if (receivedFrom !== null && receivedTo !== null && Date.parse(receivedFrom) >= Date.parse(receivedTo))
      wrong("receivedTo", "is not after receivedFrom: no message would fit");
    if (minSize !== null && maxSize !== null && minSize > maxSize)
      wrong("maxSize", "is less than minSize: no message would fit");
  });
export type MessageFilter = z.infer<typeof MessageFilter>;

const folded = (texts: string[]) => [...new Set(texts.map((text) => text.normalize("NFC").toLowerCase()))].sort();

/** Filters from before a field was there are kept without it. */
export const wholeFilter = (filter: Partial<MessageFilter>): MessageFilter => ({ ...takesAll, ...filter });
const takesAll = MessageFilter.parse({});

/**
 * A name for what the filter asks, in 16 hex digits: the same for filters that ask the same. What a folder's cursor has
 * passed was judged by one filter, so a cursor belongs to a profile and a scope. Undefined: the filter takes everything.
 */
export function scopeOf(filter: Partial<MessageFilter>): string | undefined {
  const text = JSON.stringify(askedBy(wholeFilter(filter)));
  return text === asksNothing ? undefined : shortHash(text).slice(0, 16);
}

function askedBy(filter: MessageFilter): unknown[] {
  const { receivedFrom, receivedTo, olderThanDays, read, hasAttachments, minSize, maxSize } = filter;
  const [senders, categories] = [folded(filter.senders), folded(filter.categories)];
  const bounds = [receivedFrom, receivedTo].map((time) => (time === null ? null : Date.parse(time)));
  const asked = [...bounds, olderThanDays, read, hasAttachments, minSize, maxSize, senders, categories];
  const later = askedLater(filter);
  return Object.keys(later).length === 0 ? asked : [...asked, later];
}

/** What came later stands in a scope only where it is asked: the cursors of older filters stay theirs. */
export function askedLater({ flag, messageClasses, sensitivity, sensitivityLabels }: MessageFilter) {
  const lists = { messageClasses, sensitivity, sensitivityLabels };
  const asked = Object.entries(lists).filter(([, texts]) => texts.length > 0);
  return {
    ...(flag !== "any" && { flag }),
    ...Object.fromEntries(asked.map(([name, texts]) => [name, folded(texts)])),
  };
}

const asksNothing = JSON.stringify(askedBy(takesAll));
