// What administrators do with connections, put together for the composition root.
import { MailkeepError } from "../core/errors.js";
import { type ConnectionId, defaultConnection } from "../core/ids.js";
import { withMailbox } from "../mailboxes/with-mailbox.js";
import { checkCredentials } from "./check-credentials.js";
import { type ConnectionInput, fingerprint } from "./connection.js";
import type { ConnectionDeps } from "./deps.js";
import { changeConnection, createConnection, removeConnection } from "./edit.js";
import { type ProbeDeps, probeTenant } from "./probes.js";
import { type RefreshView, refreshConnection } from "./refresh.js";
import { changeState, findConnection, findState, getConnection, listConnections } from "./repo.js";
import { notBound } from "./tenants.js";
import type { TestResult } from "./test-result.js";
import { type ConnectionView, type SameTenant, viewConnection, viewDefault } from "./view.js";

export interface VersionedView {
  view: ConnectionView;
  /** Empty for the connection of the settings, which has no version. */
  etag: string;
}

export interface TestView extends TestResult {
  connection: string;
  bound: boolean;
}

export function connectionUseCases(deps: ConnectionDeps) {
  const { rows } = deps;
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
    test: (id: ConnectionId, mailbox?: string): Promise<TestView> => test(id, mailbox, deps),
    refresh: (id: ConnectionId): Promise<RefreshView> => refreshConnection(id, deps),
    isBound: async (id: ConnectionId): Promise<boolean> => (await get(id)).view.bound,
    /** @throws conflict (CONNECTION_NOT_BOUND), not-found */
    async assertBound(id: ConnectionId): Promise<void> {
      if (!(await get(id)).view.bound) throw notBound(id);
    },
    /** A connection as it is spelled, for a profile that names it. @throws invalid when there is none */
    async named(id: ConnectionId): Promise<ConnectionId> {
      if (isDefault(id)) return defaultConnection;
      const found = await findConnection(rows, id);
      if (found !== undefined) return found.connection.id;
      const message = `there is no connection ${id}; GET /connections lists them`;
      throw new MailkeepError("invalid", message, { reason: "CONNECTION_NOT_FOUND", field: "connection" });
    },
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

async function test(id: ConnectionId, mailbox: string | undefined, deps: ConnectionDeps): Promise<TestView> {
  const { rows, clock } = deps;
  const tested = isDefault(id) ? undefined : (await getConnection(rows, id)).connection;
  const open = tested === undefined ? deps.openDefault : () => deps.openTenant(tested);
  const talk: ProbeDeps["talk"] = (box, { mail }, say) => withMailbox(box, { ...deps, mail }, say);
  const { expiresAt, ...result } = await probeTenant(open, mailbox, { clock, talk });
  const print = tested === undefined ? "" : fingerprint(tested);
  const read = result.probes.some(({ name, ok }) => name === "credential" && ok);
  const state = await changeState(rows, tested?.id ?? defaultConnection, (before) => ({
    ...before,
    lastTest: result,
    ...(result.ok && { passed: { fingerprint: print, at: result.at } }),
    ...(read && { credential: { fingerprint: print, checkedAt: result.at, ...(expiresAt && { expiresAt }) } }),
  }));
  deps.log.info("connection tested", { connection: tested?.id ?? defaultConnection, ok: result.ok });
  // Somebody may have changed the connection meanwhile: what was tested is then not what it is now.
  const now = tested === undefined ? undefined : (await getConnection(rows, id)).connection;
  const bound = now === undefined || state.passed?.fingerprint === fingerprint(now);
  return { connection: tested?.id ?? defaultConnection, bound, ...result };
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
