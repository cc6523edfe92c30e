// Archived messages at the door.
import { asList } from "../../lib/api/list.js";
import type { messageRoutes } from "../../lib/api/messages.js";
import type { Calls } from "../../lib/api/route.js";
import type { App } from "../../lib/app.js";

export function messageCalls({ messages }: Pick<App, "messages">): Calls<typeof messageRoutes> {
  return {
    async listMessages({ params, query, url }) {
      return { json: asList(await messages.list(params.id, query), url, titled) };
    },
    async getMessage({ params }) {
      return { json: titled(await messages.get(params.id, params.key)) };
    },
    async getEml({ params }) {
      const { body, size, sha256 } = await messages.eml(params.id, params.key);
      const fileName = `${params.key}.eml`;
      return { bytes: body, mediaType: "message/rfc822", fileName, size, etag: `"${sha256}"` };
    },
    async listAttachments({ params }) {
      return { json: { value: await messages.attachments(params.id, params.key) } };
    },
    async getAttachment({ params }) {
      const { number, id, key } = params;
      const { body, contentType, filename, size, sha256 } = await messages.attachment(id, key, number);
      return { bytes: body, mediaType: contentType, fileName: filename, size, etag: `"${sha256}"` };
    },
  };
}

/** A message without a subject or a sender says so. */
export const titled = <T extends { subject?: string; from?: { name?: string; email: string } }>(message: T) => ({
  ...message,
  subject: message.subject ?? null,
  from: message.from ?? null,
});
