// Misbehaviour on request: rules that turn answers into the failures the real service has been seen to give.
import { type Answer, graphError } from "./answer.js";
import { type DeltaHabits, type ResyncShape, resyncAnswer, usualHabits } from "./delta.js";
import { hash32 } from "./dice.js";
import { type ExchangeHabits, usualExchange } from "./exchange-door.js";

export type Fault =
  | { kind: "throttled"; retryAfterSeconds?: number; code?: "ApplicationThrottled" | "TooManyRequests" }
  | { kind: "unavailable"; body?: "empty" | "html" | "json"; retryAfterSeconds?: number }
  | { kind: "gateway-timeout" }
  /** 500 ErrorCorruptData: the message is poison. */
  | { kind: "corrupt" }
  /** 404 ErrorItemNotFound although it was listed. */
  | { kind: "gone" }
  | { kind: "unauthenticated" }
  | { kind: "forbidden" }
  /** The answer begins and the connection dies after so many bytes of the body (default: half of it). */
  | { kind: "cut"; afterBytes?: number }
  /** 200 with JSON that ends right after `"value":[`. */
  | { kind: "truncated-json" }
  /** The connection is closed before any answer. */
  | { kind: "reset" }
  | { kind: "slow"; ms: number }
  /** The delta token is dead. */
  | { kind: "resync"; shape: ResyncShape }
  /** The folder of this request is deleted, with all in it, just before it is answered. */
  | { kind: "folder-vanishes" }
  | { kind: "status"; status: number; code?: string; message?: string };

export interface FaultRule {
  do: Fault;
  /** Route templates such as `GET /users/{user}/messages/{message}/$value`; undefined: every route. */
  route?: string | string[];
  /** Object id of the mailbox's user. */
  mailbox?: string;
  /** Message or folder id, either kind. */
  message?: string;
  folder?: string;
  /** Only pages that list this message, either kind of id: one message can spoil every page it is on. */
  lists?: string;
  /** Only requests that select nothing but ids (true), or more than that (false). */
  idsOnly?: boolean;
  /** Only requests that carry a `$skiptoken` or `$deltatoken` (true) or none (false). */
  withToken?: boolean;
  /** Only the nth matching request, from 1. */
  nth?: number;
  /** Only the first so many matching requests. */
  first?: number;
  /** Every nth matching request. */
  every?: number;
  /** This share of all requests, chosen by the seed, the path and how often the path was asked for: 0.02 = 2 %. */
  rate?: number;
}

export interface FaultSettings {
  rules: FaultRule[];
  delta: DeltaHabits;
  exchange: ExchangeHabits;
  /** Each `$value` has other boundaries than the one before. */
  rerenderMime: boolean;
  /** Added to every answer. */
  latencyMs: number;
}

export interface FaultContext {
  route: string;
  path: string;
  hasToken: boolean;
  mailbox?: string;
  /** All ids the message goes by. */
  message?: string[];
  folder?: string;
  idsOnly?: boolean;
  /** The ids on the page that is about to be given; undefined while nothing is. */
  listed?: ReadonlySet<string>;
}

export class Faults {
  settings: FaultSettings;
  private matches: number[] = [];
  private readonly asked = new Map<string, number>();

  constructor(
    private readonly seed: string,
    private readonly usualLatencyMs: number,
  ) {
    this.settings = this.calm();
  }

  /** Replaces what is named and leaves the rest; new rules start counting anew. */
  set(
    change: Partial<Omit<FaultSettings, "delta" | "exchange">> & {
      delta?: Partial<DeltaHabits>;
      exchange?: Partial<ExchangeHabits>;
    },
  ): void {
    const { delta, exchange, ...rest } = change;
    this.settings = {
      ...this.settings,
      ...rest,
      delta: { ...this.settings.delta, ...delta },
      exchange: { ...this.settings.exchange, ...exchange },
    };
    if (change.rules) this.restart();
  }

  /** Back to a well-behaved tenant. */
  clear(): void {
    this.settings = this.calm();
    this.restart();
  }

  /** The first rule that strikes this request. Every matching rule counts it. */
  strike(context: FaultContext): Fault | undefined {
    let struck: Fault | undefined;
    this.settings.rules.forEach((rule, index) => {
      if (!applies(rule, context)) return;
      const match = (this.matches[index] ?? 0) + 1;
      this.matches[index] = match;
      if (struck === undefined && this.isDue(rule, { match, index, path: context.path })) struck = rule.do;
    });
    return struck;
  }

  private isDue(rule: FaultRule, { match, index, path }: { match: number; index: number; path: string }): boolean {
    if (rule.nth !== undefined && match !== rule.nth) return false;
    if (rule.first !== undefined && match > rule.first) return false;
    if (rule.every !== undefined && match % rule.every !== 0) return false;
    if (rule.rate === undefined) return true;
    const key = `${index} ${path}`;
    const attempt = (this.asked.get(key) ?? 0) + 1;
    this.asked.set(key, attempt);
    return hash32(`${this.seed} ${key} ${attempt}`) / 4294967296 < rule.rate;
  }

  private restart(): void {
    this.matches = [];
    this.asked.clear();
  }

  private calm(): FaultSettings {
    return {
      rules: [],
      delta: { ...usualHabits },
      exchange: { ...usualExchange },
      rerenderMime: false,
      latencyMs: this.usualLatencyMs,
    };
  }
}

function applies(rule: FaultRule, context: FaultContext): boolean {
  if (rule.route !== undefined && ![rule.route].flat().includes(context.route)) return false;
  if (rule.mailbox !== undefined && rule.mailbox !== context.mailbox) return false;
  if (rule.message !== undefined && !context.message?.includes(rule.message)) return false;
  if (rule.folder !== undefined && rule.folder !== context.folder) return false;
  if (rule.lists === undefined ? context.listed !== undefined : !context.listed?.has(rule.lists)) return false;
  if (rule.idsOnly !== undefined && rule.idsOnly !== (context.idsOnly ?? false)) return false;
  return rule.withToken === undefined || rule.withToken === context.hasToken;
}

/** The answer a fault stands for; undefined for faults of the wire (cut, truncated-json, reset, slow, folder-vanishes). */
export function faultAnswer(fault: Fault, freshUrl: string): Answer | undefined {
  switch (fault.kind) {
    case "throttled":
      return later(
        graphError(429, fault.code ?? "ApplicationThrottled", "Too many requests."),
        fault.retryAfterSeconds,
      );
    case "unavailable":
      return later(unavailable(fault.body ?? "empty"), fault.retryAfterSeconds);
    case "gateway-timeout":
      return graphError(504, "UnknownError", "");
    case "corrupt":
      return graphError(500, "ErrorCorruptData", "Data is corrupt.");
    case "gone":
      return graphError(404, "ErrorItemNotFound", "The specified object was not found in the store.");
    case "unauthenticated":
      return graphError(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.");
    case "forbidden":
      return graphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.");
    case "resync":
      return resyncAnswer(fault.shape, freshUrl);
    case "status":
      return graphError(fault.status, fault.code ?? "UnknownError", fault.message ?? "");
    default:
      return undefined;
  }
}

function unavailable(body: "empty" | "html" | "json"): Answer {
  if (body === "json") return graphError(503, "ServiceUnavailable", "Service unavailable.");
  if (body === "empty") return { status: 503, headers: {}, body: { kind: "empty" } };
  const text =
    "<!DOCTYPE html><html><head><title>Service Unavailable</title></head><body><h2>Service Unavailable</h2></body></html>";
  return { status: 503, headers: {}, body: { kind: "text", text, contentType: "text/html; charset=us-ascii" } };
}

function later(answer: Answer, retryAfterSeconds: number | undefined): Answer {
  if (retryAfterSeconds !== undefined) answer.headers["retry-after"] = String(retryAfterSeconds);
  return answer;
}
