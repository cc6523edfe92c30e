// What administrators do with connections, put together for the composition root.
import { type ConnectionId, defaultConnection } from "../core/ids.js";
import { checkCredentials } from "./check-credentials.js";
import type { ConnectionInput } from "./connection.js";
import type { ConnectionDeps } from "./deps.js";
import { changeConnection, connectionNamed, createConnection, removeConnection } from "./edit.js";
import { type RefreshView, refreshConnection } from "./refresh.js";
import { findState, getConnection, listConnections } from "./repo.js";
import { notBound } from "./tenants.js";
import { assertWorking, type TestView, testConnection } from "./test-connection.js";
import { type ConnectionView, type SameTenant, viewConnection, viewDefault } from "./view.js";

export interface VersionedView {
  view: ConnectionView;
  /** Empty for the connection of the settings, which has no version. */
  etag: string;
}

export function connectionUseCases(deps: ConnectionDeps) {
  const get = (id: ConnectionId) => (isDefault(id) ? ofSettings(deps) : stored(id, deps));
  return {
    list: () => list(deps),
    get,
    async create(id: ConnectionId, input: ConnectionInput): Promise<VersionedView> {
      await createConnection(id, input, deps);
      return get(id);
    },
    async replace(id: ConnectionId, input: ConnectionInput, etag: string): Promise<VersionedView> {
      await changeConnection(id, input, { ...deps, etag });
      return get(id);
    },
    remove: (id: ConnectionId, etag: string): Promise<void> => removeConnection(id, etag, deps),
    test: (id: ConnectionId, mailbox?: string): Promise<TestView> => testConnection(id, mailbox, deps),
    refresh: (id: ConnectionId): Promise<RefreshView> => refreshConnection(id, deps),
    /** One that is failing, too: its runs begin with its test. */
    mayBeUsed: async (id: ConnectionId): Promise<boolean> => (await get(id)).view.state !== "untested",
    /** @throws conflict (CONNECTION_NOT_BOUND), not-found */
    async assertTested(id: ConnectionId): Promise<void> {
      if ((await get(id)).view.state === "untested") throw notBound(id);
    },
    assertWorking: (id: ConnectionId): Promise<void> => assertWorking(id, deps),
    /** For a profile that names it. @throws as {@link connectionNamed} */
    named: (id: ConnectionId): Promise<ConnectionId> => connectionNamed(id, deps),
    warnings: () => warnings(deps),
    nightly: () => checkCredentials(deps),
  };
}

const isDefault = (id: ConnectionId): boolean => id.toLowerCase() === defaultConnection;

async function ofSettings({ rows, settings }: ConnectionDeps): Promise<VersionedView> {
  return { view: viewDefault(defaultConnection, settings, await findState(rows, defaultConnection)), etag: "" };
}

async function stored(id: ConnectionId, deps: ConnectionDeps): Promise<VersionedView> {
  const { connection, etag } = await getConnection(deps.rows, id);
  const others = await tenantsOf(deps);
  return { view: viewConnection(connection, await findState(deps.rows, id), { now: deps.clock.now(), others }), etag };
}

async function tenantsOf({ rows, settings }: ConnectionDeps): Promise<SameTenant[]> {
  const all: SameTenant[] = [{ id: defaultConnection, tenantId: settings.tenantId }];
  for await (const { connection } of listConnections(rows)) all.push(connection);
  return all;
}

/** `default` first, then by name. */
async function list(deps: ConnectionDeps): Promise<ConnectionView[]> {
  const views = [(await ofSettings(deps)).view];
  const others = await tenantsOf(deps);
  for await (const { connection } of listConnections(deps.rows)) {
    const state = await findState(deps.rows, connection.id);
    views.push(viewConnection(connection, state, { now: deps.clock.now(), others }));
  }
  return views;
}

export interface ConnectionWarning {
  connection: string;
  code: string;
  message: string;
}

/** What a person should know of the connections, from what was last read: for health. */
async function warnings(deps: ConnectionDeps): Promise<ConnectionWarning[]> {
  const all = await list(deps);
  return all.flatMap(({ id, warnings: found }) => found.map((warning) => ({ connection: id, ...warning })));
}
