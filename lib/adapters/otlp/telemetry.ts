// Sends spans and sums to an OpenTelemetry collector (OTLP over HTTP). It is loaded only where the settings name one.
import type { Random } from "../../core/ids.js";
import { type Clock, second, type Ticker } from "../../core/time.js";
import type { Log } from "../../ports/log.js";
import type { EndedSpan, Telemetry } from "../../ports/telemetry.js";
import { attributes, readParent, resourceOf, type Span, type Sum, spansBody, sumsBody } from "./encode.js";

export interface OtlpOptions {
  /** Without a slash at its end; `/v1/traces` and `/v1/metrics` come after it. */
  endpoint: string;
  headers: Record<string, string>;
  version: string;
}

export interface OtlpDeps {
  clock: Clock;
  random: Random;
  ticker: Ticker;
  log: Log;
  /** The `traceparent` of what is being done just now. */
  parent(): string | undefined;
}

const everyMs = 15 * second;
const answerMs = 5 * second;
/** A collector that is away must not fill the memory: beyond this the oldest spans go. */
const mostSpans = 2_000;
/** https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const passing = [429, 502, 503, 504];

export function otlpTelemetry({ endpoint, headers, version }: OtlpOptions, deps: OtlpDeps): Telemetry {
  const { clock, random, ticker, log } = deps;
  const about = { "service.name": "mailkeep", "service.version": version, "service.instance.id": random.hex(16) };
  const resource = resourceOf(about);
  const sinceMs = clock.now().getTime();
  const sums = new Map<string, Sum>();
  let waiting: Span[] = [];
  let isChanged = false;
  let isAway = false;
  let sending: Promise<void> = Promise.resolve();

  /** @returns whether it need not be sent again */
  async function post(path: string, body: object, limitMs: number): Promise<boolean> {
    const signal = AbortSignal.timeout(limitMs);
    const init = { method: "POST", headers: { ...headers, "content-type": "application/json" }, signal };
    const answer = await fetch(`${endpoint}${path}`, { ...init, redirect: "error", body: JSON.stringify(body) }).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => 0,
    );
    const isWell = answer >= 200 && answer < 300;
    // Once for each time it goes away; its own words may hold its address, or a key.
    if (!isWell && !isAway) log.warn("telemetry not sent", { status: answer });
    isAway = !isWell;
    return isWell || !(answer === 0 || passing.includes(answer));
  }

  async function send(limitMs: number): Promise<void> {
    const spans = waiting;
    waiting = [];
    if (spans.length > 0 && !(await post("/v1/traces", spansBody(resource, spans), limitMs)))
      waiting = [...spans, ...waiting].slice(-mostSpans);
    if (!isChanged) return;
    isChanged = false;
    const times = { sinceMs, nowMs: clock.now().getTime() };
    if (!(await post("/v1/metrics", sumsBody(resource, [...sums.values()], times), limitMs))) isChanged = true;
  }

  /** One after the other: what is sent twice would be counted twice. */
  function flush(limitMs: number): Promise<void> {
    sending = sending.then(() => send(limitMs));
    return sending;
  }

  ticker.every(everyMs, () => void flush(answerMs));
  return {
    ended(span) {
      const made = spanOf({ ...span, parent: span.parent ?? deps.parent() }, random, clock);
      if (made === undefined) return;
      waiting.push(made);
      if (waiting.length > mostSpans) waiting.shift();
    },
    add(measure, by, fields) {
      const key = `${measure} ${JSON.stringify(attributes(fields))}`;
      sums.set(key, { name: measure, fields, value: (sums.get(key)?.value ?? 0) + Math.round(by) });
      isChanged = true;
    },
    flush,
  };
}

/** Undefined where the trace it belongs to is not recorded. */
function spanOf({ parent, ...span }: EndedSpan, random: Random, clock: Clock): Span | undefined {
  const above = readParent(parent);
  if (above?.isSampled === false) return undefined;
  return {
    ...span,
    traceId: above?.traceId ?? random.hex(32),
    spanId: random.hex(16),
    parentSpanId: above?.spanId,
    endedMs: clock.now().getTime(),
  };
}
