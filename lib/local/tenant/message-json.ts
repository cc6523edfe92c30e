// Messages and folders as Graph's JSON shows them.
import { changeKeyOf } from "./ids.js";
import type { Mailbox, MailFolder, StoredMessage } from "./mailbox.js";
import type { MailFacts, Recipient } from "./message.js";
import { extendedProperty, seconds } from "./message-extended.js";

type Property = (message: StoredMessage, facts: MailFacts, mailbox: Mailbox) => unknown;

const address = (who: Recipient) => ({ emailAddress: { name: who.name ?? who.address, address: who.address } });
const addressOrNone = (who: Recipient | undefined) => (who ? address(who) : undefined);

/** Every property of the v1.0 message type (msgraph-metadata); a `$select` may name no other. */
const properties: Record<string, Property> = {
  id: (m) => m.immutableId,
  createdDateTime: (m) => seconds(m.receivedAt),
  lastModifiedDateTime: (m) => seconds(m.modifiedAt),
  changeKey: (m, _, box) => changeKeyOf(box.tag, m.changeNumber),
  categories: (m) => m.categories,
  receivedDateTime: (m) => seconds(m.receivedAt),
  sentDateTime: (m, f) => seconds(f.sentAt ?? m.receivedAt),
  hasAttachments: (_, f) => f.attachments.some((a) => !a.inline),
  internetMessageId: (_, f) => f.internetMessageId ?? "",
  // What was never given is null, as for any property of Graph's.
  subject: (_, f) => f.subject || null,
  bodyPreview: (_, f) => f.preview,
  importance: (_, f) => f.importance,
  parentFolderId: (m) => m.folder.id,
  conversationId: (_, f) => f.conversationId,
  conversationIndex: (_, f) => Buffer.from(f.conversationId).toString("base64").slice(0, 28),
  isDeliveryReceiptRequested: () => null,
  isReadReceiptRequested: () => false,
  isRead: (m) => m.isRead,
  isDraft: (m) => m.isDraft,
  webLink: (m) => `https://outlook.example/owa/?ItemID=${encodeURIComponent(m.immutableId)}`,
  inferenceClassification: () => "focused",
  body: (_, f) => ({ contentType: "html", content: `<html><body>${f.preview}</body></html>` }),
  uniqueBody: (_, f) => ({ contentType: "html", content: `<html><body>${f.preview}</body></html>` }),
  sender: (_, f) => addressOrNone(f.sender ?? f.from),
  from: (_, f) => addressOrNone(f.from),
  toRecipients: (_, f) => f.to.map(address),
  ccRecipients: (_, f) => f.cc.map(address),
  bccRecipients: (_, f) => f.bcc.map(address),
  replyTo: () => [],
  internetMessageHeaders: (_, f) => [{ name: "Message-ID", value: f.internetMessageId ?? "" }],
  flag: (m) => ({ flagStatus: m.flag }),
};

/** Answered only when asked for by name. */
const onDemand = new Set(["internetMessageHeaders", "uniqueBody"]);

export const messageProperties: ReadonlySet<string> = new Set(Object.keys(properties));
const usual = Object.keys(properties).filter((name) => !onDemand.has(name));

export interface MessageView {
  select?: string[] | undefined;
  immutableIds: boolean;
  /** Ids of single-value extended properties, as asked for. */
  extended?: string[];
}

export function messageJson(message: StoredMessage, mailbox: Mailbox, view: MessageView): Record<string, unknown> {
  const facts = message.source.facts();
  const out: Record<string, unknown> = {
    ...(facts.type === undefined ? {} : { "@odata.type": `#microsoft.graph.${facts.type}` }),
    "@odata.etag": `W/"${changeKeyOf(mailbox.tag, message.changeNumber)}"`,
    id: view.immutableIds ? message.immutableId : message.movableId,
  };
  for (const name of view.select ?? usual) {
    if (name === "id") continue;
    const value = properties[name]?.(message, facts, mailbox);
    if (value !== undefined) out[name] = value;
  }
  // What the message does not have is left out, and with nothing to tell the list itself.
  const extended = view.extended?.flatMap((id) => extendedProperty(id, message, facts)) ?? [];
  if (extended.length > 0) out.singleValueExtendedProperties = extended;
  return out;
}

/** What a delta round tells of a message whose read state alone has changed. */
export function partialJson(
  message: StoredMessage,
  mailbox: Mailbox,
  view: MessageView & { changeKey: boolean },
): Record<string, unknown> {
  const names = view.changeKey ? ["changeKey", "isRead"] : ["isRead"];
  const told = names.filter((name) => view.select === undefined || view.select.includes(name));
  const whole = messageJson(message, mailbox, { ...view, select: told });
  return { ...whole, "@odata.type": whole["@odata.type"] ?? "#microsoft.graph.message" };
}

const folderProperties: Record<string, (folder: MailFolder, mailbox: Mailbox) => unknown> = {
  id: (f) => f.id,
  displayName: (f) => f.displayName,
  parentFolderId: (f) => f.parentId,
  childFolderCount: (f, box) => box.children(f).length,
  unreadItemCount: (f, box) => box.contents(f).filter((m) => !m.isRead).length,
  totalItemCount: (f, box) => (f.searches ? box.contents(f).length : f.messages.size),
  isHidden: (f) => f.hidden,
};

const searchFolderProperties: Record<string, (folder: MailFolder) => unknown> = {
  isSupported: () => true,
  includeNestedFolders: () => false,
  sourceFolderIds: (f) => f.searches ?? [],
  filterQuery: () => "isRead eq false",
};

/** A `$select` on folders may also name what only search folders have. */
export const folderPropertyNames: ReadonlySet<string> = new Set([
  ...Object.keys(folderProperties),
  ...Object.keys(searchFolderProperties),
]);

export function folderJson(folder: MailFolder, mailbox: Mailbox, select?: string[]): Record<string, unknown> {
  const out: Record<string, unknown> = folder.searches ? { "@odata.type": "#microsoft.graph.mailSearchFolder" } : {};
  out.id = folder.id;
  for (const [name, value] of Object.entries(folderProperties)) {
    if (name !== "id" && (select === undefined || select.includes(name))) out[name] = value(folder, mailbox);
  }
  for (const [name, value] of Object.entries(searchFolderProperties)) {
    if (folder.searches && (select === undefined || select.includes(name))) out[name] = value(folder);
  }
  return out;
}
