// Opens Graph: the one entry to this folder.

import { setMaxListeners } from "node:events";
import { Agent } from "undici";
import { z } from "zod";
import type { MailboxId, Random } from "../../core/ids.js";
import type { Clock } from "../../core/time.js";
import type { Directory } from "../../ports/directory.js";
import type { Log } from "../../ports/log.js";
import type { MailSource, OpenMailbox } from "../../ports/mail-source.js";
import type { MailWriter } from "../../ports/mail-writer.js";
import type { TokenFacts } from "../../ports/tenants.js";
import { authenticating } from "./authentication.js";
import { GraphClient, type RequestEvent } from "./client.js";
import { graphDirectory } from "./directory.js";
import { Governor, governed } from "./governor.js";
import { readJson } from "./json.js";
import { originOf } from "./link.js";
import { MailboxAsk, valueIn } from "./mailbox-ask.js";
import { GraphMailboxReader } from "./mailbox-reader.js";
import { GraphMailboxWriter } from "./mailbox-writer.js";
import { SettingsAccess } from "./probe.js";
import { retrying } from "./retry.js";
import { factsIn, rolesIn, type TokenSource } from "./token.js";
import { transport } from "./transport.js";

export interface GraphOptions {
  /** An origin: https, or http for loopback. */
  baseUrl: string;
  token: TokenSource;
  /** The second identity, which may write. */
  writerToken?: TokenSource;
  clock: Clock;
  random: Random;
  log: Log;
  /** How long to wait for headers, and between two pieces of a body. */
  requestTimeoutMs?: number;
  /** Where messages over 1 MiB wait while they are worked on. */
  spoolDir: string;
  /** The program's version, for the User-Agent. */
  version?: string;
  /** Makes the connections, where they may not be direct. */
  agent?: ((options: Agent.Options) => Agent) | undefined;
  /** Told of every call when it is over, for metrics. */
  onRequest?: (event: RequestEvent) => void;
}

export interface Graph {
  mail: MailSource;
  /** Undefined without a second identity. */
  writer?: MailWriter | undefined;
  directory: Directory;
  /** The application permissions in the token, unverified; undefined when the token does not say. */
  tokenRoles(): Promise<string[] | undefined>;
  tokenFacts(options?: { fresh?: boolean }): Promise<TokenFacts>;
  writerFacts?: ((options?: { fresh?: boolean }) => Promise<TokenFacts>) | undefined;
  /** One small request, tried once, for health. @throws MailkeepError what is unwell */
  ping(): Promise<{ ms: number }>;
  /** Closes idle connections and breaks the others. */
  close(): Promise<void>;
}

const defaultTimeoutMs = 100_000;
/** Four for each of 64 mailboxes, more than one instance works on; bounded for the sake of the host's outbound ports. */
const mostConnections = 256;

/** @throws MailkeepError `invalid` for a base URL that is no origin, or http beyond loopback */
export function openGraph(options: GraphOptions): Graph {
  const { clock, random, log, token, writerToken } = options;
  const origin = originOf(options.baseUrl);
  const timeoutMs = options.requestTimeoutMs ?? defaultTimeoutMs;
  const agent = (options.agent ?? direct)(agentOptions(timeoutMs));
  const speakingAs = (tokens: TokenSource) =>
    new GraphClient({
      origin,
      links: [
        authenticating(tokens),
        retrying({ clock, random }),
        governed,
        transport({ agent, origin, timeoutMs, spoolDir: options.spoolDir, random }),
      ],
      clock,
      random,
      log,
      userAgent: options.version === undefined ? "mailkeep" : `mailkeep/${options.version}`,
      ...(options.onRequest && { onRequest: options.onRequest }),
    });
  const client = speakingAs(token);
  const governors = sharedGovernors(clock);
  return {
    mail: mailSource(client, { origin, clock, governors }),
    writer: options.writerToken && mailWriter(speakingAs(options.writerToken), { origin, governors }),
    directory: graphDirectory(client, origin),
    tokenRoles: async () => rolesIn(await token.get()),
    tokenFacts: async (options) => factsIn(await token.get(options)),
    writerFacts: writerToken && (async (options) => factsIn(await writerToken.get(options))),
    ping: () => ping(client, clock),
    close: () => agent.destroy(),
  };
}

const direct = (options: Agent.Options): Agent => new Agent(options);

function agentOptions(timeoutMs: number): Agent.Options {
  return {
    pipelining: 1, // one request at a time on a connection
    connections: mostConnections,
    allowH2: false, // four requests of one mailbox on one connection would share its fate
    keepAliveTimeout: 30_000,
    connect: { timeout: Math.min(timeoutMs, 10_000) },
  };
}

type Governors = (mailbox: MailboxId, options: OpenMailbox) => Governor;

/** Whoever opens a mailbox under one claim, known by its signal, shares the four requests in flight and the window. */
function sharedGovernors(clock: Clock): Governors {
  const bySignal = new WeakMap<AbortSignal, Map<MailboxId, Governor>>();
  return (mailbox, { history, signal }) => {
    const known = bySignal.get(signal) ?? new Map<MailboxId, Governor>();
    bySignal.set(signal, known);
    const governor = known.get(mailbox) ?? new Governor({ clock, signal, history });
    known.set(mailbox, governor);
    return governor;
  };
}

function mailSource(
  client: GraphClient,
  { origin, clock, governors }: { origin: string; clock: Clock; governors: Governors },
): MailSource {
  const settings = new SettingsAccess(clock);
  return {
    open(mailbox, options) {
      const { signal, requestTimeoutMs: timeoutMs } = options;
      setMaxListeners(0, signal); // each request in flight listens; Node would take a few dozen for a leak
      const governor = governors(mailbox, options);
      return new GraphMailboxReader(
        new MailboxAsk(client, { mailbox, governor, signal, timeoutMs }, origin),
        governor,
        settings,
        options,
      );
    },
  };
}

function mailWriter(client: GraphClient, { origin, governors }: { origin: string; governors: Governors }): MailWriter {
  return {
    open(mailbox, options) {
      const { signal, requestTimeoutMs: timeoutMs } = options;
      const governor = governors(mailbox, options);
      return new GraphMailboxWriter(new MailboxAsk(client, { mailbox, governor, signal, timeoutMs }, origin), governor);
    },
  };
}

async function ping(client: GraphClient, clock: Clock): Promise<{ ms: number }> {
  const route = "/users";
  const started = clock.monotonicMs();
  const reply = await client.ask({
    route,
    where: "directory",
    target: { path: "/users?$select=id&$top=1" },
    read: (answer) => readJson(answer, z.object({ value: z.array(z.unknown()) })),
    expects: "json",
    mostTries: 1,
  });
  valueIn(reply, route);
  return { ms: clock.monotonicMs() - started };
}
