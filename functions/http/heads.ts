// Heads at the door.
import type { headRoutes } from "../../lib/api/heads.js";
import { asList, pageRequest } from "../../lib/api/list.js";
import { apiRoot, type Calls } from "../../lib/api/route.js";
import type { App } from "../../lib/app.js";

export function headCalls({ heads }: Pick<App, "heads">): Calls<typeof headRoutes> {
  return {
    async createHead() {
      const head = await heads.request();
      return { json: head, location: `${apiRoot}/heads/${head.id}` };
    },
    async listHeads({ query, url }) {
      return { json: asList(await heads.list(pageRequest(query)), url, (head) => head) };
    },
    async getHead({ params }) {
      return { json: await heads.get(params.id) };
    },
    async getHeadContent({ params }) {
      return download(await heads.content(params.id), "application/json");
    },
    async getHeadMailboxes({ params }) {
      return download(await heads.mailboxes(params.id), "application/jsonl");
    },
  };
}

type Bytes = Awaited<ReturnType<App["heads"]["content"]>>;

const download = ({ bytes, sha256, fileName }: Bytes, mediaType: string) => ({
  bytes: whole(bytes),
  mediaType,
  fileName,
  size: bytes.length,
  etag: `"${sha256}"`,
});

async function* whole(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
