// What a queue message is to a function, and what becomes of one that cannot be processed.
import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import type { TypedData } from "./functions-core.js";

/** The text of a message, or undefined when it is not the base64 of UTF-8 that host.json promises. */
export function decode(messageText: string, encoding: "base64" | "none"): string | undefined {
  if (encoding === "none") return messageText;
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(messageText)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(messageText, "base64"));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The trigger metadata of Azure's host; the library turns the names into camelCase. */
export function metadataOf(message: DequeuedMessageItem, text: string): Record<string, TypedData> {
  const date = (value: Date) => ({ json: JSON.stringify(value.toISOString()) });
  return {
    QueueTrigger: { string: text },
    DequeueCount: { json: String(message.dequeueCount) },
    Id: { string: message.messageId },
    PopReceipt: { string: message.popReceipt },
    InsertionTime: date(message.insertedOn),
    ExpirationTime: date(message.expiresOn),
    NextVisibleTime: date(message.nextVisibleOn),
  };
}

/** First the copy, then the removal: a crash between the two leaves a message twice, never none. */
export async function moveToPoison(move: {
  message: DequeuedMessageItem;
  popReceipt: string;
  from: QueueClient;
  to: QueueClient;
}): Promise<void> {
  await move.to.createIfNotExists();
  await move.to.sendMessage(move.message.messageText);
  await move.from.deleteMessage(move.message.messageId, move.popReceipt);
}
