// The tenant of the settings: the connection `default`.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storageCredential } from "./adapters/azure/credential.js";
import { openExchange } from "./adapters/exchange/open.js";
import { type Graph, openGraph } from "./adapters/graph/open.js";
import { credentialToken, staticToken, type TokenSource } from "./adapters/graph/token.js";
import { systemClock } from "./adapters/system/clock.js";
import { type Config, isLoopback } from "./config.js";
import type { SettingsReach } from "./connections/view.js";
import { MailkeepError } from "./core/errors.js";
import { cloudNames, clouds } from "./core/hosts.js";
import type { Random } from "./core/ids.js";
import type { Clock } from "./core/time.js";
import { egressBy } from "./open-tenant.js";
import type { Log } from "./ports/log.js";
import type { OpenTenant } from "./ports/tenants.js";

/** A stand-in for Exchange on this machine has one tenant only, whatever it is called. */
const anyTenant = "00000000-0000-0000-0000-000000000000";

export interface Machine {
  clock: Clock;
  random: Random;
  log: Log;
  version: string;
}

export async function openOfSettings(config: Config, machine: Machine): Promise<OpenTenant> {
  const { proxy } = config;
  const egress = proxy === null ? undefined : egressBy(proxy, { ...machine, homeClientId: config.graph.clientId });
  const graph: Graph = openGraph({
    baseUrl: config.graph.baseUrl,
    token: await graphToken(config),
    ...(await writerToken(config)),
    spoolDir: join(tmpdir(), "mailkeep"),
    agent: egress?.agent,
    ...machine,
  });
  const { close: closeExchange, ...exchange } = openExchange({
    baseUrl: config.exchange.baseUrl,
    tenantId: config.graph.tenantId ?? (isLoopback(config.exchange.baseUrl) ? anyTenant : undefined),
    token: exchangeToken(config),
    agent: egress?.agent,
    ...machine,
  });
  return {
    ...graph,
    exchange,
    credentialExpiry: async () => undefined,
    ...(egress && { tryProxy: () => egress.probe(config.graph.baseUrl) }),
    async close() {
      await Promise.all([graph.close(), closeExchange()]);
      await egress?.close();
    },
  };
}

/** The connection of the settings, as far as it is nobody's secret. */
export function reachOfSettings({ graph, exchange, proxy }: Config): SettingsReach {
  const { staticToken, clientId, tenantId, baseUrl: graphBaseUrl } = graph;
  const cloud = cloudNames.find((name) => clouds[name].graphBaseUrl === graphBaseUrl) ?? "global";
  const identity =
    staticToken !== undefined
      ? ({ kind: "staticToken", setting: "GRAPH_STATIC_TOKEN" } as const)
      : clientId !== undefined
        ? ({ kind: "managedIdentity", clientId } as const)
        : ({ kind: "defaultCredential", clientId: null } as const);
  const loginBaseUrl = clouds[cloud].loginBaseUrl;
  const hosts = { graphBaseUrl, exchangeBaseUrl: exchange.baseUrl, loginBaseUrl };
  return { tenantId: tenantId ?? null, cloud, ...hosts, identity, writerIdentity: writerOfSettings(graph), proxy };
}

function writerOfSettings({ writer }: Config["graph"]): SettingsReach["writerIdentity"] {
  if (writer === undefined) return null;
  if ("clientId" in writer) return { kind: "managedIdentity", clientId: writer.clientId };
  return { kind: "staticToken", setting: "GRAPH_WRITER_STATIC_TOKEN" };
}

async function graphToken({ graph }: Config): Promise<TokenSource> {
  if (graph.staticToken !== undefined) return staticToken(graph.staticToken);
  return credentialToken(await storageCredential(graph.clientId), {
    scope: `${graph.baseUrl}/.default`,
    clock: systemClock,
  });
}

function exchangeToken({ graph, exchange }: Config): TokenSource {
  if (graph.staticToken !== undefined) {
    if (isLoopback(exchange.baseUrl)) return staticToken(graph.staticToken);
    const message = "GRAPH_STATIC_TOKEN never leaves this machine; set EXCHANGE_BASE_URL to a loopback address as well";
    const refusal = new MailkeepError("unauthenticated", message, { reason: "EXCHANGE_TOKEN_REFUSED" });
    return { get: () => Promise.reject(refusal) };
  }
  return seldomToken(graph.clientId, `${exchange.baseUrl}/.default`);
}

/** For what is asked seldom: the identity is opened by the first question. */
export function seldomToken(clientId: string | undefined, scope: string): TokenSource {
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
