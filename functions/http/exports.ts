// Exports at the door.
import type { exportRoutes } from "../../lib/api/exports.js";
import { asList, pageRequest } from "../../lib/api/list.js";
import { apiRoot, type Calls } from "../../lib/api/route.js";
import type { App, ExportView } from "../../lib/app.js";

export function exportCalls({ exports }: Pick<App, "exports">): Calls<typeof exportRoutes> {
  return {
    async createExport({ body }) {
      const created = await exports.create(body);
      return { json: shown(created), location: `${apiRoot}/exports/${created.id}` };
    },
    async listExports({ query, url }) {
      return { json: asList(await exports.list(pageRequest(query)), url, shown) };
    },
    async getExport({ params }) {
      return { json: shown(await exports.get(params.id)) };
    },
    async getExportContent({ params }) {
      const { body, fileName, size, sha256 } = await exports.content(params.id);
      return { bytes: body, mediaType: "application/zip", fileName, size, etag: `"${sha256}"` };
    },
    async deleteExport({ params }) {
      await exports.remove(params.id);
      return {};
    },
    async cancelExport({ params }) {
      const cancelled = await exports.cancel(params.id);
      return { json: shown(cancelled), location: `${apiRoot}/exports/${cancelled.id}` };
    },
  };
}

/** With the path that gives its bytes. */
const shown = ({ result, ...view }: ExportView) => ({
  ...view,
  result: result && { ...result, content: `${apiRoot}/exports/${view.id}/content` },
});
