// Graph's message JSON, as far as Graph said anything.
import { z } from "zod";
import type { FolderId, ImmutableId } from "../../core/ids.js";
import type { Address, Change, ExtraFact, MessageFacts } from "../../ports/mail-source.js";
import { extendedFacts } from "./extended-properties.js";
import { maybe, readItem } from "./json.js";

/** Everything the archive keeps of a message beside its bytes, in the order of the documentation. */
export const messageSelect =
  "$select=id,changeKey,parentFolderId,receivedDateTime,subject,from,sender,toRecipients,ccRecipients,bccRecipients," +
  "internetMessageId,hasAttachments,isRead,isDraft,categories,flag,importance";

/** Of a change, the beginning of its text as well: by that an edit is told from a flag. */
export const changeSelect = `${messageSelect},bodyPreview`;

/** What is asked of a message that Graph cannot give all of: where it is, what version it is, how it is marked. */
export const leanSelect =
  "$select=id,changeKey,parentFolderId,receivedDateTime,subject,internetMessageId,hasAttachments,isRead,isDraft";

/** What a filter may ask of a message; without recipients, which take Exchange up to 30 ms for each message. */
export const filterSelect = (extra: readonly ExtraFact[]): string =>
  `$select=id,receivedDateTime,from,sender,hasAttachments,isRead,categories${extra.includes("flag") ? ",flag" : ""}`;

const Id = z.string().min(1).max(4_096);

const Recipient = z.object({ emailAddress: z.object({ name: maybe(z.string()), address: maybe(z.string()) }) });

/** A list with a member that cannot be read is not said: part of it would look like all of it. */
const Recipients = z.array(Recipient);

const Time = z.string().refine((text) => !Number.isNaN(Date.parse(text)));

const MessageItem = z.object({
  id: Id,
  "@removed": z.unknown().optional(),
  changeKey: maybe(z.string().min(1)),
  parentFolderId: maybe(Id),
  receivedDateTime: maybe(Time),
  subject: maybe(z.string()),
  bodyPreview: maybe(z.string()),
  from: maybe(Recipient),
  sender: maybe(Recipient),
  toRecipients: maybe(Recipients),
  ccRecipients: maybe(Recipients),
  bccRecipients: maybe(Recipients),
  internetMessageId: maybe(z.string()),
  hasAttachments: maybe(z.boolean()),
  isRead: maybe(z.boolean()),
  isDraft: maybe(z.boolean()),
  categories: maybe(z.array(z.string())),
  flag: maybe(z.object({ flagStatus: z.string() })),
  importance: maybe(z.string()),
  singleValueExtendedProperties: maybe(z.array(z.object({ id: z.string(), value: maybe(z.string()) }))),
});

const IdItem = z.object({ id: Id });

const ChangeItem = z.object({ id: Id, "@removed": z.unknown().optional() });

/**
 * Only a missing id makes an item worthless, so only that is looked at before somebody asks for the message.
 * @throws Fault `malformed` when the item has no id
 */
export function readChange(raw: unknown, extra: readonly ExtraFact[] = []): Change {
  const { id, "@removed": removed } = readItem(raw, ChangeItem);
  if (removed !== undefined && removed !== null) return { kind: "removed", id: id as ImmutableId };
  let facts: MessageFacts | undefined;
  return {
    kind: "present",
    id: id as ImmutableId,
    get message() {
      facts ??= readFacts(raw, extra);
      return facts;
    },
  };
}

/** @throws Fault `malformed` */
export const readFacts = (raw: unknown, extra: readonly ExtraFact[] = []): MessageFacts =>
  factsOf(readItem(raw, MessageItem), extra);

/** @throws Fault `malformed` */
export const readId = (raw: unknown): ImmutableId => readItem(raw, IdItem).id as ImmutableId;

function factsOf(item: z.infer<typeof MessageItem>, extra: readonly ExtraFact[]): MessageFacts {
  return said({
    id: item.id as ImmutableId,
    changeKey: item.changeKey,
    folderId: item.parentFolderId as FolderId | null | undefined,
    receivedAt: item.receivedDateTime,
    subject: item.subject,
    hasNoSubject: item.subject === null ? true : undefined,
    // An empty one is also given for text that Exchange cannot show.
    preview: item.bodyPreview || undefined,
    from: addressOf(item.from),
    sender: addressOf(item.sender),
    to: item.toRecipients?.map(addressIn),
    cc: item.ccRecipients?.map(addressIn),
    bcc: item.bccRecipients?.map(addressIn),
    internetMessageId: item.internetMessageId,
    hasAttachments: item.hasAttachments,
    isRead: item.isRead,
    isDraft: item.isDraft,
    categories: item.categories,
    flag: item.flag?.flagStatus,
    importance: item.importance,
    ...extendedFacts(item.singleValueExtendedProperties ?? [], extra),
  });
}

const addressOf = (recipient: z.infer<typeof Recipient> | null | undefined) => recipient && addressIn(recipient);

/** A recipient known by name only keeps its name; its address is empty then. */
function addressIn({ emailAddress }: z.infer<typeof Recipient>): Address {
  const { name, address } = emailAddress;
  return { ...(name ? { name } : {}), email: address ?? "" };
}

type Unsaid<T> = { [K in keyof T]: T[K] | null | undefined };

/** Only what was said. */
function said(facts: Unsaid<Required<MessageFacts>>): MessageFacts {
  const told: { [K in keyof MessageFacts]?: unknown } = {};
  let name: keyof MessageFacts;
  for (name in facts) {
    const value = facts[name];
    if (value !== undefined && value !== null) told[name] = value;
  }
  return told as MessageFacts;
}
