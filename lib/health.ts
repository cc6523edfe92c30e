// How every edge stands, and what is owed.
import { expectedRights, type Identity, judgeRights, type RightsFinding } from "./access/rights.js";
import { isMailkeepError, MailkeepError } from "./core/errors.js";
import { defaultConnection } from "./core/ids.js";
import { type Edges, version } from "./edges.js";
import type { OwedSeal } from "./heads/seal.js";
import { interfaces, libraries, oldestNode } from "./runtime.js";

export interface Health {
  /** `unwell`: an edge does not answer. Warnings alone leave it `ok`: everything works, but something should not stay so. */
  status: "ok" | "unwell";
  version: string;
  edges: { name: string; ok: boolean; ms?: number; problem?: string }[];
  warnings: { code: string; connection?: string; message: string }[];
  /** For each connection, the rights of the identity that reads, and of the second one where there is one. */
  rights: ({ connection: string; identity: Identity; expected: string[] } & RightsFinding)[];
  runtime: { node: string; interfaces: typeof interfaces; libraries: typeof libraries };
}

/** A tenant more than this is left out: its rights are asked with its own test. */
const mostConnections = 50;

/** Whether there is anything under these names does not matter: an answer does. That storage was ready once says nothing of now. */
async function checkStorage({ ready, blobs, rows }: Edges): Promise<void> {
  await ready();
  await Promise.all([blobs.exists("probes/health"), rows.get("runs", { partition: "health", row: "health" })]);
}

/** @throws MailkeepError when a head is still without what the settings ask for */
async function checkHeads({ ready }: Edges, owed: () => Promise<OwedSeal[]>): Promise<void> {
  await ready();
  const [first, ...others] = await owed();
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` (and ${others.length} more heads)`;
  const message = `the head ${first.head} is without its ${first.owed}: ${first.message}${more}`;
  throw new MailkeepError("unavailable", message, { reason: first.code });
}

export interface Asked {
  owed(): Promise<OwedSeal[]>;
  /** Credentials that expire, tenants reached twice. */
  ofConnections(): Promise<{ connection: string; code: string; message: string }[]>;
}

export async function health(edges: Edges, { owed, ofConnections }: Asked): Promise<Health> {
  const { clock } = edges;
  const check = async (name: string, probe: () => Promise<unknown>) => {
    const began = clock.monotonicMs();
    try {
      await probe();
      return { name, ok: true, ms: Math.round(clock.monotonicMs() - began) };
    } catch (error) {
      const problem = isMailkeepError(error) ? `${error.reason ?? error.code}: ${error.message}` : "did not answer";
      return { name, ok: false, problem };
    }
  };
  let warned: Awaited<ReturnType<Asked["ofConnections"]>> = [];
  const checks = await Promise.all([
    check("storage", () => checkStorage(edges)),
    check("graph", async () => (await edges.tenants.of(defaultConnection)).ping()),
    check("heads", () => checkHeads(edges, owed)),
    check("connections", async () => {
      await edges.ready();
      warned = await ofConnections();
    }),
  ]);
  const all = [...checks, ...warned.filter(({ code }) => shut.includes(code)).map(unwell)];
  const rights = await rightsOfAll(edges);
  const node = process.versions.node;
  return {
    status: all.every(({ ok }) => ok) ? "ok" : "unwell",
    version,
    edges: all,
    warnings: [...warned, ...rights.flatMap(warningsOf), ...nodeWarnings(node)],
    rights,
    runtime: { node, interfaces, libraries },
  };
}

/** Nothing can be archived through it any more. */
const shut = ["CREDENTIAL_EXPIRED", "CONNECTION_FAILING"];

const unwell = ({ connection, code, message }: { connection: string; code: string; message: string }) => ({
  name: `connection ${connection}`,
  ok: false,
  problem: `${code}: ${message}`,
});

async function rightsOfAll({ tenants }: Edges): Promise<Health["rights"]> {
  const connections = (await tenants.connections().catch(() => [defaultConnection])).slice(0, mostConnections);
  const found = await Promise.all(
    connections.map(async (connection) => {
      const tenant = await tenants.of(connection).catch(() => undefined);
      // A token that cannot be had is the edge's trouble, and told there.
      const held = await tenant?.tokenRoles().catch(() => undefined);
      const reader = rightsOf(connection, "reader", held);
      if (tenant?.writerFacts === undefined) return [reader];
      const { roles } = await tenant.writerFacts().catch(() => ({ roles: undefined }));
      return [reader, rightsOf(connection, "writer", roles)];
    }),
  );
  return found.flat();
}

const rightsOf = (connection: string, identity: Identity, held: string[] | undefined) => ({
  ...{ connection, identity },
  expected: expectedRights(identity).map(({ value }) => value),
  ...judgeRights(identity, held),
});

const whose: Record<Identity, string> = { reader: "the identity that only reads", writer: "the second identity" };

function warningsOf({ connection, identity, missing, extra }: Health["rights"][number]): Health["warnings"] {
  const more = extra.map(({ value, isDangerous }) => ({
    code: "RIGHT_TOO_MUCH",
    connection,
    message: `${whose[identity]} holds ${value}${isDangerous ? ", which is dangerous" : ""}; take it away`,
  }));
  const less = missing.map(({ value, mayBeScoped }) => ({
    code: "RIGHT_MISSING",
    connection,
    message: mayBeScoped
      ? `${value} is not in the token of ${whose[identity]}: fine if Exchange gives it for chosen mailboxes, else grant it`
      : `${value} is not in the token of ${whose[identity]}; grant it`,
  }));
  return [...more, ...less];
}

function nodeWarnings(node: string): Health["warnings"] {
  if (Number.parseInt(node, 10) >= oldestNode) return [];
  return [{ code: "NODE_TOO_OLD", message: `Node.js ${node} is older than ${oldestNode}, which the libraries need` }];
}
