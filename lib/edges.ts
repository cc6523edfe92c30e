// Opens everything outside the building, as the settings say.
import { keyVaultSigner, vaultScope } from "./adapters/azure/key-vault-signer.js";
import { type AzureStorage, openAzureStorage } from "./adapters/azure/storage.js";
import { jsonLog, type Level } from "./adapters/console/log.js";
import type { OtlpDeps } from "./adapters/otlp/telemetry.js";
import { systemClock } from "./adapters/system/clock.js";
import { keyFileSigner } from "./adapters/system/key-file.js";
import { systemRandom } from "./adapters/system/random.js";
import { readTextFile } from "./adapters/system/text-file.js";
import { systemTicker } from "./adapters/system/ticker.js";
import { type Config, isLoopback } from "./config.js";
import { readSeeds, type Seed, type SeedText } from "./connections/seed.js";
import type { ConnectionRules } from "./connections/settle.js";
import { openTenants } from "./connections/tenants.js";
import type { SettingsReach } from "./connections/view.js";
import type { Random } from "./core/ids.js";
import type { Clock, Ticker } from "./core/time.js";
import { openOfSettings, reachOfSettings, seldomToken } from "./open-default.js";
import { openingTenants } from "./open-tenant.js";
import type { BlobRemoval } from "./ports/blob-removal.js";
import type { BlobStore } from "./ports/blob-store.js";
import type { ExportStore } from "./ports/export-store.js";
import type { Log } from "./ports/log.js";
import type { RowStore } from "./ports/row-store.js";
import type { Signer } from "./ports/signer.js";
import type { Telemetry } from "./ports/telemetry.js";
import type { OpenTenant, OpenTenants, Tenants } from "./ports/tenants.js";
import type { TimeStamper } from "./ports/time-stamper.js";
import type { WorkQueue } from "./ports/work-queue.js";

export const version = "0.1.0";

/** Everything outside the building. */
export interface Edges {
  blobs: BlobStore;
  removal: BlobRemoval;
  exports: ExportStore;
  rows: RowStore;
  queue: WorkQueue;
  tenants: Tenants;
  connections: ConnectionEdges;
  clock: Clock;
  ticker: Ticker;
  random: Random;
  log: Log;
  /** Spans and sums for a collector; none where the settings name none. */
  telemetry?: Telemetry | undefined;
  /** Signs heads; none where the settings name no key. */
  signer?: Signer | undefined;
  /** Stamps heads; none where the settings name no authority. */
  stamper?: TimeStamper | undefined;
  /** Resolves when a time stamp vouches for these bytes. @throws MailkeepError `corrupt` (TIMESTAMP_WRONG) */
  checkStamp?: ((response: Uint8Array, bytes: Uint8Array) => Promise<void>) | undefined;
  /** Makes storage ready; cheap when it is. */
  ready(): Promise<void>;
}

/** What connections are made with. */
export interface ConnectionEdges {
  rules: ConnectionRules;
  /** Those that the settings bring along. */
  seeds?: Seed[];
  settings: SettingsReach;
  openTenant: OpenTenants;
  openDefault(): Promise<OpenTenant>;
}

/** Opens the edges that the settings name. `parent` is the `traceparent` of what is being done just now. */
export async function openEdges(
  config: Config,
  write: (level: Level, line: string) => void,
  parent: () => string | undefined = () => undefined,
): Promise<Edges> {
  const storage: AzureStorage = await openAzureStorage(config.storage, { seldomTier: config.attachmentTier });
  const log = jsonLog(write, () => systemClock.now());
  const machine = { clock: systemClock, random: systemRandom, ticker: systemTicker, log };
  const { staticTokens, inAzure, allowSecrets } = config.connections;
  const { clientId: homeClientId, tenantId: homeTenantId } = config.graph;
  const openTenant = openingTenants({ ...machine, version, staticTokens, homeClientId });
  const openDefault = () => openOfSettings(config, { ...machine, version });
  const rules = { inAzure, allowSecrets, homeTenantId, staticTokens: Object.keys(staticTokens) };
  return {
    ...storage,
    ...machine,
    tenants: openTenants({ rows: storage.rows, open: openTenant, openDefault }),
    connections: {
      rules,
      seeds: readSeeds(seedTexts(config), rules),
      settings: reachOfSettings(config),
      openTenant,
      openDefault,
    },
    telemetry: await openTelemetry(config, { ...machine, parent }),
    signer: openSigner(config),
    stamper: openStamper(config, machine),
    checkStamp,
    ready: storage.create,
  };
}

/** Loaded only where it is wished. */
async function openTelemetry({ telemetry }: Config, deps: OtlpDeps): Promise<Telemetry | undefined> {
  if (telemetry === undefined) return undefined;
  const { otlpTelemetry } = await import("./adapters/otlp/telemetry.js");
  return otlpTelemetry({ ...telemetry, version }, deps);
}

/** @throws Error naming the setting */
function seedTexts({ connections: { seed, seedFile } }: Config): SeedText[] {
  const texts = seed === undefined ? [] : [{ source: "CONNECTIONS", text: seed }];
  if (seedFile === undefined) return texts;
  try {
    return [...texts, { source: "CONNECTIONS_FILE", text: readTextFile(seedFile) }];
  } catch (error) {
    const said = error instanceof Error ? error.message : "it cannot be read";
    throw new Error(`mailkeep cannot start: bad settings\n  CONNECTIONS_FILE: ${said}`);
  }
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
