// Opens Exchange Online's administration: the one entry to this folder.
import { Agent } from "undici";
import { MailkeepError } from "../../core/errors.js";
import type { Random } from "../../core/ids.js";
import type { Clock } from "../../core/time.js";
import type { ExchangeAdmin } from "../../ports/exchange-admin.js";
import type { Log } from "../../ports/log.js";
import type { TokenSource } from "../graph/token.js";
import { ExchangeCaller } from "./caller.js";
import { dynamicGroupMembers } from "./groups.js";
import { holdsOf } from "./holds.js";
import { applicationRights } from "./rights.js";
import { post } from "./wire.js";

export interface ExchangeOptions {
  /** https, or http for loopback. */
  baseUrl: string;
  /** Directory id or a domain of the tenant; without one every question ends in EXCHANGE_TENANT_UNKNOWN. */
  tenantId: string | undefined;
  token: TokenSource;
  clock: Clock;
  random: Random;
  log: Log;
  /** A cmdlet may take minutes; this is how long to wait for its answer. */
  requestTimeoutMs?: number;
  version?: string;
  /** Makes the connections, where they may not be direct. */
  agent?: ((options: Agent.Options) => Agent) | undefined;
}

export interface Exchange extends ExchangeAdmin {
  close(): Promise<void>;
}

const defaultTimeoutMs = 100_000;

export function openExchange(options: ExchangeOptions): Exchange {
  const { token, clock, random, log, tenantId } = options;
  const timeoutMs = options.requestTimeoutMs ?? defaultTimeoutMs;
  const direct = (options: Agent.Options) => new Agent(options);
  const agent = (options.agent ?? direct)({ connections: 8, connect: { timeout: Math.min(timeoutMs, 10_000) } });
  const caller = new ExchangeCaller({
    baseUrl: options.baseUrl.replace(/\/+$/, ""),
    async tenantId() {
      if (tenantId !== undefined) return tenantId;
      throw new MailkeepError("invalid", "Exchange Online is asked by the id of the tenant; set TENANT_ID", {
        reason: "EXCHANGE_TENANT_UNKNOWN",
      });
    },
    send: (message) => post(message, agent, timeoutMs),
    userAgent: options.version === undefined ? "mailkeep" : `mailkeep/${options.version}`,
    token,
    clock,
    random,
    log,
  });
  return {
    dynamicGroupMembers: (idOrAddress) => dynamicGroupMembers(idOrAddress, caller),
    holds: (mailbox) => holdsOf(mailbox, caller),
    applicationRights: (appId, mailbox) => applicationRights(appId, mailbox, caller),
    close: () => agent.destroy(),
  };
}
