// What Exchange knows of a message, and where its content comes from.

export interface Recipient {
  name?: string;
  address: string;
}

export interface AttachmentFacts {
  name: string;
  contentType: string;
  /** Decoded size in bytes. */
  size: number;
  inline: boolean;
}

/** What Exchange knows of a message beside its bytes. */
export interface MailFacts {
  subject: string;
  from?: Recipient;
  sender?: Recipient;
  to: Recipient[];
  cc: Recipient[];
  bcc: Recipient[];
  internetMessageId?: string;
  sentAt?: Date;
  conversationId: string;
  importance: "low" | "normal" | "high";
  attachments: AttachmentFacts[];
  /** The type after `#microsoft.graph.` for anything but plain messages, e.g. `eventMessageRequest`. */
  type?: "eventMessageRequest" | "eventMessageResponse" | "eventMessage";
  preview: string;
  /** Exchange's class of the item; `IPM.Note` when nothing is said. */
  messageClass?: string;
  /** MS-OXCMSG section 2.2.1.13: 1 personal, 2 private, 3 confidential. */
  sensitivity?: 1 | 2 | 3;
  /** The header field of Purview's labels. */
  labels?: string;
}

/** Content of a message: made from the seed, delivered by a test, or read from a file. Facts and bytes come lazily. */
export interface MessageSource {
  facts(): MailFacts;
  /** The MIME as a list of buffers, in order; large ones are shared with other messages and must not be changed. */
  parts(): Buffer[];
}

export function sizeOf(source: MessageSource): number {
  return source.parts().reduce((sum, part) => sum + part.length, 0);
}
