// Archived messages at the door.
import { asList } from "../../lib/api/list.js";
import type { messageRoutes } from "../../lib/api/messages.js";
import type { Calls } from "../../lib/api/route.js";
import type { App } from "../../lib/app.js";
import { asWished } from "./part.js";

export function messageCalls({ messages }: Pick<App, "messages">): Calls<typeof messageRoutes> {
  return {
    async listMessages({ params, query, url }) {
      return { json: asList(await messages.list(params.id, query), url, titled) };
    },
    async getMessage({ params }) {
      return { json: titled(await messages.get(params.id, params.key)) };
    },
    async getEml({ params, wish }) {
      const { open, size, sha256 } = await messages.eml(params.id, params.key);
      const fileName = `${params.key}.eml`;
      return asWished(wish, { open, mediaType: "message/rfc822", fileName, size, etag: `"${sha256}"` });
    },
    async listAttachments({ params }) {
      return { json: { value: await messages.attachments(params.id, params.key) } };
    },
    async getAttachment({ params: { id, key, number }, wish }) {
      const { body, contentType, filename, size, sha256 } = await messages.attachment(id, key, number);
      const open = async () => body;
      return asWished(wish, { open, mediaType: contentType, fileName: filename, size, etag: `"${sha256}"` });
    },
  };
}

/** A message without a subject or a sender says so. */
export const titled = <T extends { subject?: string; from?: { name?: string; email: string } }>(message: T) => ({
  ...message,
  subject: message.subject ?? null,
  from: message.from ?? null,
});
