// Connections at the door.
import type { connectionRoutes } from "../../lib/api/connections.js";
import { asList, pageOf, pageRequest } from "../../lib/api/list.js";
import { apiRoot, type Calls } from "../../lib/api/route.js";
import type { App } from "../../lib/app.js";
import { MailkeepError } from "../../lib/core/errors.js";
import type { ConnectionId } from "../../lib/core/ids.js";
import { explain } from "../../lib/faults/explain.js";

export function connectionCalls({ connections }: Pick<App, "connections">): Calls<typeof connectionRoutes> {
  return {
    async listConnections({ query, url }) {
      // `default` comes first; a cursor is printable, and names may have spaces.
      const page = await pageOf(await connections.list(), pageRequest(query), ({ id }) => place(id));
      return { json: asList(page, url, explained) };
    },
    async getConnection({ params }) {
      const { view, etag } = await connections.get(params.id);
      return { json: explained(view), ...(etag !== "" && { etag }) };
    },
    async putConnection({ params, body, ifMatch }) {
      const { id = params.id, bound: _, boundAt: _1, lastTest: _2, credential: _3, ...rest } = body;
      const { state: _8, failing: _9, refreshedAt: _4, warnings: _5, createdAt: _6, updatedAt: _7, ...input } = rest;
      if (id.toLowerCase() !== params.id.toLowerCase()) throw otherConnection();
      if (ifMatch === "") {
        const { view, etag } = await connections.create(params.id, input);
        return { status: 201, json: explained(view), etag, location: locationOf(params.id) };
      }
      await assertCurrent(connections, params.id, ifMatch);
      const { view, etag } = await connections.replace(params.id, input, ifMatch);
      return { json: explained(view), etag };
    },
    async deleteConnection({ params, ifMatch }) {
      await assertCurrent(connections, params.id, ifMatch);
      await connections.remove(params.id, ifMatch);
      return {};
    },
    async testConnection({ params, body }) {
      const { probes, ...result } = await connections.test(params.id, body?.mailbox);
      return { json: { ...result, probes: probes.map(helped) } };
    },
    async refreshConnection({ params }) {
      return { json: await connections.refresh(params.id) };
    },
  };
}

const place = (id: string): string => (id === "default" ? "!" : encodeURIComponent(id.toLowerCase()));

const locationOf = (id: ConnectionId): string => `${apiRoot}/connections/${encodeURIComponent(id)}`;

type View = Awaited<ReturnType<App["connections"]["get"]>>["view"];
type Probe = NonNullable<View["lastTest"]>["probes"][number];

/** With the help of the catalogue beside each code. */
function explained({ lastTest, ...view }: View) {
  return { ...view, lastTest: lastTest && { ...lastTest, probes: lastTest.probes.map(helped) } };
}

function helped(probe: Probe) {
  const { places, ...shown } = probe;
  const found = probe.code === undefined ? undefined : explain(probe.code, places);
  if (found === undefined) return shown;
  const { cause, fix, who, command, link } = found;
  return { ...shown, cause, fix, who, ...(command !== undefined && { command }), ...(link !== undefined && { link }) };
}

/** Storage compares versions too, and last; but one that it could never have given it calls malformed. */
async function assertCurrent(connections: App["connections"], id: ConnectionId, ifMatch: string): Promise<void> {
  const { etag } = await connections.get(id);
  if (etag !== "" && etag !== ifMatch)
    throw new MailkeepError("precondition-failed", "the connection is not the version of If-Match");
}

const otherConnection = () =>
  new MailkeepError("invalid", "id is not the id of this connection", { reason: "INVALID_INPUT", field: "id" });
