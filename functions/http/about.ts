// Health and the document at the door.
import type { z } from "zod";
import type { aboutRoutes } from "../../lib/api/about.js";
import type { Calls } from "../../lib/api/route.js";
import type { App } from "../../lib/app.js";

export function aboutCalls(
  { health }: Pick<App, "health">,
  document: () => z.output<typeof aboutRoutes.getDocument.answer.schema>,
): Calls<typeof aboutRoutes> {
  return {
    async getHealth() {
      const report = await health();
      return { json: report, status: report.status === "ok" ? 200 : 503 };
    },
    async getDocument() {
      return { json: document() };
    },
  };
}
