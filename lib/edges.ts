// Opens everything outside the building, as the settings say.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storageCredential } from "./adapters/azure/credential.js";
import { keyVaultSigner, vaultScope } from "./adapters/azure/key-vault-signer.js";
import { type AzureStorage, openAzureStorage } from "./adapters/azure/storage.js";
import { jsonLog, type Level } from "./adapters/console/log.js";
import { openExchange } from "./adapters/exchange/open.js";
import { type Graph, openGraph } from "./adapters/graph/open.js";
import { credentialToken, staticToken, type TokenSource } from "./adapters/graph/token.js";
import { systemClock } from "./adapters/system/clock.js";
import { keyFileSigner } from "./adapters/system/key-file.js";
import { systemRandom } from "./adapters/system/random.js";
import { systemTicker } from "./adapters/system/ticker.js";
import { type Config, isLoopback } from "./config.js";
import { MailkeepError } from "./core/errors.js";
import { defaultConnection, type Random } from "./core/ids.js";
import type { Clock, Ticker } from "./core/time.js";
import type { BlobStore } from "./ports/blob-store.js";
import type { ExportStore } from "./ports/export-store.js";
import type { Log } from "./ports/log.js";
import type { RowStore } from "./ports/row-store.js";
import type { Signer } from "./ports/signer.js";
import type { TenantEdge, Tenants } from "./ports/tenants.js";
import type { TimeStamper } from "./ports/time-stamper.js";
import type { WorkQueue } from "./ports/work-queue.js";

export const version = "0.1.0";

/** Everything outside the building. */
export interface Edges {
  blobs: BlobStore;
  exports: ExportStore;
  rows: RowStore;
  queue: WorkQueue;
  tenants: Tenants;
  clock: Clock;
  ticker: Ticker;
  random: Random;
  log: Log;
  /** Signs heads; none where the settings name no key. */
  signer?: Signer | undefined;
  /** Stamps heads; none where the settings name no authority. */
  stamper?: TimeStamper | undefined;
  /** Resolves when a time stamp vouches for these bytes. @throws MailkeepError `corrupt` (TIMESTAMP_WRONG) */
  checkStamp?: ((response: Uint8Array, bytes: Uint8Array) => Promise<void>) | undefined;
  /** Makes storage ready; cheap when it is. */
  ready(): Promise<void>;
}

/** Opens the edges that the settings name. */
export async function openEdges(config: Config, write: (level: Level, line: string) => void): Promise<Edges> {
  const storage: AzureStorage = await openAzureStorage(config.storage);
  const log = jsonLog(write, () => systemClock.now());
  const machine = { clock: systemClock, random: systemRandom, ticker: systemTicker, log };
  const graph: Graph = openGraph({
    baseUrl: config.graph.baseUrl,
    token: await graphToken(config),
    ...(await writerToken(config)),
    spoolDir: join(tmpdir(), "mailkeep"),
    version,
    ...machine,
  });
  const exchange = openExchange({
    baseUrl: config.exchange.baseUrl,
    tenantId: config.graph.tenantId,
    token: exchangeToken(config),
    version,
    ...machine,
  });
  return {
    ...storage,
    ...machine,
    tenants: onlyTenant({ connection: defaultConnection, ...graph, exchange }),
    signer: openSigner(config),
    stamper: openStamper(config, machine),
    checkStamp,
    ready: storage.create,
  };
}

function openSigner({ signing, graph }: Config): Signer | undefined {
  if (signing.kind === "none") return undefined;
  if (signing.kind === "file") return keyFileSigner(signing.path);
  const { keyUrl } = signing;
  // A stand-in for Key Vault on this machine knows no identity.
  if (isLoopback(keyUrl)) return keyVaultSigner({ keyUrl, token: async () => "loopback" });
  const source = seldomToken(graph.clientId, vaultScope(keyUrl));
  return keyVaultSigner({ keyUrl, token: () => source.get() });
}

/** The library is loaded for the first stamp: it costs a cold start that most invocations need not pay. */
function openStamper({ timestampUrl }: Config, machine: { random: Random; log: Log }): TimeStamper | undefined {
  if (timestampUrl === undefined) return undefined;
  return {
    async stamp(bytes) {
      const { rfc3161Stamper } = await import("./adapters/tsa/stamper.js");
      return rfc3161Stamper(timestampUrl, machine).stamp(bytes);
    },
  };
}

export async function checkStamp(response: Uint8Array, bytes: Uint8Array): Promise<void> {
  const { checkStamp: check } = await import("./adapters/tsa/check-stamp.js");
  await check(response, { bytes });
}

async function graphToken({ graph }: Config): Promise<TokenSource> {
  if (graph.staticToken !== undefined) return staticToken(graph.staticToken);
  return credentialToken(await storageCredential(graph.clientId), {
    scope: `${graph.baseUrl}/.default`,
    clock: systemClock,
  });
}

function exchangeToken({ graph, exchange }: Config): TokenSource {
  if (graph.staticToken !== undefined && isLoopback(exchange.baseUrl)) return staticToken(graph.staticToken);
  return seldomToken(graph.clientId, `${exchange.baseUrl}/.default`);
}

/** For what is asked seldom: the identity is opened by the first question. */
function seldomToken(clientId: string | undefined, scope: string): TokenSource {
  let source: Promise<TokenSource> | undefined;
  return {
    async get(options) {
      source ??= storageCredential(clientId).then((credential) =>
        credentialToken(credential, { scope, clock: systemClock }),
      );
      return (await source).get(options);
    },
  };
}

/** Of the identity that may change mailboxes, where there is one. */
async function writerToken({ graph }: Config): Promise<{ writerToken?: TokenSource }> {
  const { baseUrl, writer } = graph;
  if (writer === undefined) return {};
  if ("staticToken" in writer) return { writerToken: staticToken(writer.staticToken) };
  const credential = await storageCredential(writer.clientId);
  return { writerToken: credentialToken(credential, { scope: `${baseUrl}/.default`, clock: systemClock }) };
}

/** The tenant of the settings. */
function onlyTenant(tenant: TenantEdge): Tenants {
  return {
    async of(connection) {
      if (connection === tenant.connection) return tenant;
      throw new MailkeepError("not-found", `no connection ${connection}`, { reason: "CONNECTION_NOT_FOUND" });
    },
    connections: async () => [tenant.connection],
  };
}
