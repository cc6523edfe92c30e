// Opens Graph: the one entry to this folder.

import { setMaxListeners } from "node:events";
import { Agent } from "undici";
import { z } from "zod";
import type { Random } from "../../core/ids.js";
import type { Clock } from "../../core/time.js";
import type { Directory } from "../../ports/directory.js";
import type { Log } from "../../ports/log.js";
import type { MailSource } from "../../ports/mail-source.js";
import { authenticating } from "./authentication.js";
import { GraphClient, type RequestEvent } from "./client.js";
import { graphDirectory } from "./directory.js";
import { Governor, governed } from "./governor.js";
import { readJson } from "./json.js";
import { originOf } from "./link.js";
import { MailboxAsk, valueIn } from "./mailbox-ask.js";
import { GraphMailboxReader } from "./mailbox-reader.js";
import { SettingsAccess } from "./probe.js";
import { retrying } from "./retry.js";
import { rolesIn, type TokenSource } from "./token.js";
import { transport } from "./transport.js";

export interface GraphOptions {
  /** An origin: https, or http for loopback. */
  baseUrl: string;
  token: TokenSource;
  clock: Clock;
  random: Random;
  log: Log;
  /** How long to wait for headers, and between two pieces of a body. */
  requestTimeoutMs?: number;
  /** Where messages over 1 MiB wait while they are worked on. */
  spoolDir: string;
  /** The program's version, for the User-Agent. */
  version?: string;
  /** Told of every call when it is over, for metrics. */
  onRequest?: (event: RequestEvent) => void;
}

export interface Graph {
  mail: MailSource;
  directory: Directory;
  /** The application permissions in the token, unverified; undefined when the token does not say. */
  tokenRoles(): Promise<string[] | undefined>;
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
  const { clock, random, log, token } = options;
  const origin = originOf(options.baseUrl);
  const timeoutMs = options.requestTimeoutMs ?? defaultTimeoutMs;
  const agent = newAgent(timeoutMs);
  const client = new GraphClient({
    origin,
    links: [
      authenticating(token),
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
  return {
    mail: mailSource(client, origin, clock),
    directory: graphDirectory(client, origin),
    tokenRoles: async () => rolesIn(await token.get()),
    ping: () => ping(client, clock),
    close: () => agent.destroy(),
  };
}

function newAgent(timeoutMs: number): Agent {
  return new Agent({
    pipelining: 1, // one request at a time on a connection
    connections: mostConnections,
    allowH2: false, // four requests of one mailbox on one connection would share its fate
    keepAliveTimeout: 30_000,
    connect: { timeout: Math.min(timeoutMs, 10_000) },
  });
}

function mailSource(client: GraphClient, origin: string, clock: Clock): MailSource {
  const settings = new SettingsAccess(clock);
  return {
    open(mailbox, { history, signal, requestTimeoutMs: timeoutMs }) {
      setMaxListeners(0, signal); // each request in flight listens; Node would take a few dozen for a leak
      const governor = new Governor({ clock, signal, history });
      return new GraphMailboxReader(
        new MailboxAsk(client, { mailbox, governor, signal, timeoutMs }, origin),
        governor,
        settings,
      );
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
