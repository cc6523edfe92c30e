// Health, the document and the connections at the door.

import type { z } from "zod";
import type { aboutRoutes, ConnectionAnswer } from "../../lib/api/about.js";
import type { Calls } from "../../lib/api/route.js";
import type { App } from "../../lib/app.js";
import type { Config } from "../../lib/config.js";
import { MailkeepError } from "../../lib/core/errors.js";

export function aboutCalls(
  { health }: Pick<App, "health">,
  config: Pick<Config, "graph" | "exchange">,
  document: () => z.output<typeof aboutRoutes.getDocument.answer.schema>,
): Calls<typeof aboutRoutes> {
  const connection = defaultConnection(config);
  return {
    async getHealth() {
      const report = await health();
      return { json: report, status: report.status === "ok" ? 200 : 503 };
    },
    async getDocument() {
      return { json: document() };
    },
    async listConnections() {
      return { json: { value: [connection] } };
    },
    async getConnection({ params: { id } }) {
      if (id === connection.id) return { json: connection };
      throw new MailkeepError("not-found", `no connection ${id}`, { reason: "CONNECTION_NOT_FOUND" });
    },
  };
}

/** The connection of the settings, as far as it is nobody's secret. */
function defaultConnection({ graph, exchange }: Pick<Config, "graph" | "exchange">): z.output<typeof ConnectionAnswer> {
  const { staticToken, clientId, tenantId, baseUrl } = graph;
  const kind =
    staticToken !== undefined ? "staticToken" : clientId !== undefined ? "managedIdentity" : "defaultCredential";
  return {
    id: "default",
    tenantId: tenantId ?? null,
    graphBaseUrl: baseUrl,
    exchangeBaseUrl: exchange.baseUrl,
    identity: { kind, clientId: clientId ?? null },
  };
}
