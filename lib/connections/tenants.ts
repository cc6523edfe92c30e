// The tenants of all connections: opened when first asked for, shared by every asker, and opened anew when the
// connection was changed or refreshed, on this instance or on another.
import { MailkeepError } from "../core/errors.js";
import { type ConnectionId, defaultConnection } from "../core/ids.js";
import type { RowStore } from "../ports/row-store.js";
import type { OpenTenant, OpenTenants, TenantEdge, Tenants } from "../ports/tenants.js";
import { fingerprint } from "./connection.js";
import { type ConnectionState, findState, getConnection, listConnections } from "./repo.js";

export interface TenantsDeps {
  rows: RowStore;
  /** Opens the tenant of a connection. */
  open: OpenTenants;
  /** Opens the tenant of the settings. */
  openDefault(): Promise<OpenTenant>;
}

export function openTenants({ rows, open, openDefault }: TenantsDeps): Tenants {
  const held = new Map<string, { version: string; tenant: Promise<TenantEdge> }>();

  /** Who is at work with an older edge ends with it; its idle sockets close by themselves. */
  function shared(connection: ConnectionId, version: string, opening: () => Promise<OpenTenant>): Promise<TenantEdge> {
    const key = connection.toLowerCase();
    const known = held.get(key);
    if (known?.version === version) return known.tenant;
    const tenant = opening().then((opened) => ({ ...opened, connection }));
    held.set(key, { version, tenant });
    tenant.catch(() => {
      if (held.get(key)?.tenant === tenant) held.delete(key);
    });
    return tenant;
  }

  return {
    async of(id) {
      if (id.toLowerCase() === defaultConnection)
        return shared(defaultConnection, versionOf("", await findState(rows, defaultConnection)), openDefault);
      const { connection } = await getConnection(rows, id);
      const state = await findState(rows, id);
      const print = fingerprint(connection);
      if (state.passed?.fingerprint !== print) throw notBound(connection.id);
      return shared(connection.id, versionOf(print, state), () => open(connection));
    },
    async connections() {
      const all = [defaultConnection];
      for await (const { connection } of listConnections(rows)) all.push(connection.id);
      return all;
    },
  };
}

const versionOf = (print: string, { refreshedAt }: ConnectionState): string => `${print} ${refreshedAt ?? ""}`;

export function notBound(id: ConnectionId): MailkeepError {
  const path = `/api/v1/connections/${encodeURIComponent(id)}/test`;
  const message = `the connection ${id} is not bound: nothing is done through it before POST ${path} has passed`;
  return new MailkeepError("conflict", message, { reason: "CONNECTION_NOT_BOUND" });
}
