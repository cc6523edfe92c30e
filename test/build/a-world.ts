// A whole world for a test: the app over memory stores, a sample tenant over real HTTP, and time that stands still.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { openExchange } from "../../lib/adapters/exchange/open.js";
import { openGraph } from "../../lib/adapters/graph/open.js";
import { staticToken, type TokenSource } from "../../lib/adapters/graph/token.js";
import { memoryBlobStore } from "../../lib/adapters/memory/blob-store.js";
import { stoppedClock } from "../../lib/adapters/memory/clock.js";
import { memoryExportStore } from "../../lib/adapters/memory/export-store.js";
import { memoryRowStore } from "../../lib/adapters/memory/row-store.js";
import { memoryWorkQueue } from "../../lib/adapters/memory/work-queue.js";
import { passingSigner } from "../../lib/adapters/system/key-file.js";
import { composeApp, type Edges } from "../../lib/app.js";
import { fingerprint } from "../../lib/connections/connection.js";
import { changeState, insertConnection } from "../../lib/connections/repo.js";
import { openTenants } from "../../lib/connections/tenants.js";
import { ConnectionId, type MailboxId, type ProfileId, RunId } from "../../lib/core/ids.js";
import type { Clock, Ticker } from "../../lib/core/time.js";
import { startTenant, type Tenant, type TenantOptions } from "../../lib/local/tenant/server.js";
import { openingTenants } from "../../lib/open-tenant.js";
import { type Log, silentLog } from "../../lib/ports/log.js";
import type { RowStore } from "../../lib/ports/row-store.js";
import type { Reach, TenantEdge } from "../../lib/ports/tenants.js";
import { ProfileInput } from "../../lib/profiles/profile.js";
import { repeatableRandom } from "./repeatable-random.js";

/** The same for all worlds of a process, as a key file would be. */
export const developmentSigner = passingSigner();

export const testStart = new Date("2026-03-01T08:00:00Z");

/** The edges of a test's world: those of its one tenant lie open, so that a test can put something in front of them. */
export type WorldEdges = Omit<Edges, "tenants" | "connections"> & Omit<TenantEdge, "connection">;

export interface World extends AsyncDisposable {
  tenant: Tenant;
  edges: WorldEdges & {
    blobs: ReturnType<typeof memoryBlobStore>;
    exports: ReturnType<typeof memoryExportStore>;
    rows: ReturnType<typeof memoryRowStore>;
  };
  app: ReturnType<typeof composeApp>;
  clock: ReturnType<typeof stoppedClock>;
  queue: ReturnType<typeof memoryWorkQueue>;
  /** Works the queue off until nothing is left, moving time to whatever waits. `onFault` hears what work items throw. */
  settle(onFault?: (error: unknown) => void): Promise<void>;
  /** Lets everything tick that is due by the clock, e.g. the renewal of claims. */
  pulse(): Promise<void>;
  /** Creates a profile from a partial input, by default over all mailboxes. */
  profile(input?: object): Promise<ProfileId>;
  /** Runs a profile to its end and returns the run. */
  run(profile: ProfileId): Promise<Awaited<ReturnType<World["app"]["runs"]["get"]>>>;
  parts(run: string): Promise<Awaited<ReturnType<World["app"]["runs"]["mailboxes"]>>["value"]>;
  mailbox(index?: number): { id: MailboxId; address: string };
  /** What a default profile must archive: no drafts, junk, hidden folders or Recoverable Items. Sorted by id. */
  wanted(mailbox: MailboxId): { id: string; sha256: string }[];
}

export interface WorldOptions {
  tenant?: TenantOptions;
  /** Puts something in front of the edges, e.g. faults. */
  edges?: (edges: WorldEdges) => WorldEdges;
  /** Other tenants that the app can reach, by the name of the connection. */
  tenants?: Record<string, Tenant>;
  /** Use this tenant instead of starting one; it is not closed. */
  shared?: Tenant;
  /** Another token for the tenant than the one that may do everything. */
  token?: TokenSource;
  /** Where the tenant is believed to be. */
  baseUrl?: string;
  clock?: ReturnType<typeof stoppedClock>;
  /** Another worker on the same storage. */
  stores?: World;
  log?: Log;
}

export async function aWorld(options: WorldOptions = {}): Promise<World> {
  const clock = options.clock ?? stoppedClock(testStart);
  const tenant =
    options.shared ??
    (await startTenant({
      mailboxes: 1,
      messagesPerMailbox: 12,
      hugeMessageBytes: 0,
      now: clock.now,
      ...options.tenant,
    }));
  const log = options.log ?? silentLog;
  const random = repeatableRandom(options.stores === undefined ? "world" : "another worker");
  const { token = staticToken(tenant.token), baseUrl = tenant.baseUrl } = options;
  const common = { baseUrl, token, clock, random, log };
  const { close, ...graph } = openGraph({
    ...common,
    writerToken: staticToken(tenant.writerToken),
    spoolDir: join(tmpdir(), "mailkeep-test"),
  });
  const { close: closeExchange, ...exchange } = openExchange({ ...common, tenantId: tenant.tenantId });
  const staticTokens = { GRAPH_STATIC_TOKEN: tenant.token, GRAPH_STATIC_TOKEN_WRITER: tenant.writerToken };
  const openTenant = openingTenants({ clock, random, log, staticTokens, homeClientId: undefined });
  const ticking = tickingWith(clock);
  const queue = options.stores?.queue ?? memoryWorkQueue(clock);
  const { blobs, exports, rows } = options.stores?.edges ?? {
    blobs: memoryBlobStore(clock.now),
    exports: memoryExportStore(),
    rows: memoryRowStore(),
  };
  const edges = {
    blobs,
    removal: blobs.removal,
    exports,
    rows,
    queue,
    ...graph,
    exchange,
    clock,
    ticker: ticking.ticker,
    random,
    log,
    signer: developmentSigner,
    ready: async () => {},
  };
  const wrapped: WorldEdges = options.edges?.(edges) ?? edges;
  const openDefault = async () => ({ ...wrapped, credentialExpiry: async () => undefined, close: async () => {} });
  const tenants = openTenants({ rows: wrapped.rows, open: openTenant, openDefault });
  const rules = {
    inAzure: false,
    allowSecrets: false,
    homeTenantId: undefined,
    staticTokens: Object.keys(staticTokens),
  };
  const connections = { rules, settings: reachOf(tenant), openTenant, openDefault };
  const app = composeApp({ ...wrapped, tenants, connections });
  for (const [id, other] of Object.entries(options.tenants ?? {}))
    await connect(ConnectionId.parse(id), reachOf(other), rows);

  async function settle(onFault: (error: unknown) => void = raise): Promise<void> {
    for (let waiting = queue.items(); waiting[0] !== undefined; waiting = queue.items()) {
      clock.advance(Math.max(0, waiting[0].visibleAt.getTime() - clock.now().getTime()));
      const item = queue.receive();
      if (item !== undefined) await app.work(item).catch(onFault);
    }
  }

  return {
    tenant,
    edges,
    app,
    clock,
    queue,
    settle,
    pulse: ticking.pulse,
    async profile(input = {}) {
      const whole = ProfileInput.parse({ name: "All mail", mailboxes: { mode: "all" }, ...input });
      return (await app.profiles.create(whole)).profile.id;
    },
    async run(profile) {
      // Runs of the same instant would have no order.
      clock.advance(1_000);
      const { run } = await app.profiles.run(profile);
      await settle();
      return app.runs.get(RunId.parse(run.id));
    },
    async parts(run) {
      return (await app.runs.mailboxes(RunId.parse(run), { limit: 1_000 })).value;
    },
    mailbox(index = 0) {
      const box = tenant.mailboxes.list()[index];
      if (box === undefined) throw new Error(`the tenant has no mailbox ${index}`);
      return { id: box.id as MailboxId, address: box.address };
    },
    wanted(mailbox) {
      const folders = tenant.mailboxes.folders(mailbox);
      const left = folders.filter(
        ({ path, wellKnown, hidden }) =>
          path !== "" && (hidden || /^(drafts|junkemail|recoverable.*)$/.test(wellKnown ?? "")),
      );
      const isLeft = (path: string) =>
        left.some((folder) => path === folder.path || path.startsWith(`${folder.path}/`));
      return tenant.mailboxes
        .inventory(mailbox)
        .filter(({ folderPath }) => !isLeft(folderPath))
        .map(({ id, sha256 }) => ({ id, sha256 }))
        .sort(byId);
    },
    async [Symbol.asyncDispose]() {
      await close();
      await closeExchange();
      if (options.shared === undefined) await tenant.close();
    },
  };
}

function reachOf({ baseUrl, tenantId }: Tenant): Reach {
  const hosts = { graphBaseUrl: baseUrl, exchangeBaseUrl: baseUrl, loginBaseUrl: baseUrl };
  const identity = { kind: "staticToken" as const, setting: "GRAPH_STATIC_TOKEN" };
  const writerIdentity = { kind: "staticToken" as const, setting: "GRAPH_STATIC_TOKEN_WRITER" };
  return { tenantId, cloud: "global", ...hosts, identity, writerIdentity, proxy: null };
}

/** A connection that has passed its test. */
async function connect(id: ConnectionId, reach: Reach, rows: RowStore): Promise<void> {
  const at = testStart.toISOString();
  await insertConnection(rows, { id, description: "", ...reach, createdAt: at, updatedAt: at });
  await changeState(rows, id, (state) => ({ ...state, passed: { fingerprint: fingerprint(reach), at } }));
}

function raise(error: unknown): never {
  throw error;
}

export const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);

/** Ticks when told to, whatever has fallen due since. */
function tickingWith(clock: Clock): { ticker: Ticker; pulse(): Promise<void> } {
  const ticks = new Set<{ ms: number; dueMs: number; tick: () => void }>();
  return {
    ticker: {
      every(ms, tick) {
        const entry = { ms, dueMs: clock.monotonicMs() + ms, tick };
        ticks.add(entry);
        return () => void ticks.delete(entry);
      },
    },
    async pulse() {
      for (const entry of ticks) {
        if (clock.monotonicMs() < entry.dueMs) continue;
        entry.dueMs = clock.monotonicMs() + entry.ms;
        entry.tick();
      }
      await setImmediate();
    },
  };
}
