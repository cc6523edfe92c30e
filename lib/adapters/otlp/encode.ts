// Spans and sums in OpenTelemetry's protocol, JSON encoding. Pure. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
import { type EndedSpan, type TelemetryFields, telemetryFields } from "../../ports/telemetry.js";

export interface Span extends Omit<EndedSpan, "parent"> {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  endedMs: number;
}

export interface Sum {
  name: string;
  fields: TelemetryFields;
  value: number;
}

/** The numbers of the protocol's enumeration (opentelemetry-proto, trace/v1). */
const kinds = { internal: 1, server: 2, consumer: 5 };
const statusError = 2;
const cumulative = 2;

export function spansBody(resource: object, spans: readonly Span[]): object {
  const inside = spans.map((span) => ({
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId !== undefined && { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: kinds[span.kind],
    startTimeUnixNano: nanoseconds(span.endedMs - span.ms),
    endTimeUnixNano: nanoseconds(span.endedMs),
    attributes: attributes(span.fields),
    status: span.failed ? { code: statusError } : {},
  }));
  return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: inside }] }] };
}

/** Sums since `sinceMs`, so that one that is lost on the way is in the next. */
export function sumsBody(resource: object, sums: readonly Sum[], { sinceMs, nowMs }: Record<string, number>): object {
  const metrics = [...new Set(sums.map(({ name }) => name))].map((name) => ({
    name,
    unit: unitOf(name),
    sum: {
      aggregationTemporality: cumulative,
      isMonotonic: true,
      dataPoints: sums
        .filter((sum) => sum.name === name)
        .map(({ fields, value }) => ({
          attributes: attributes(fields),
          startTimeUnixNano: nanoseconds(sinceMs ?? 0),
          timeUnixNano: nanoseconds(nowMs ?? 0),
          asInt: String(value),
        })),
    },
  }));
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] };
}

export const resourceOf = (about: Record<string, string>): object => ({
  attributes: Object.entries(about).map(([key, value]) => ({ key, value: { stringValue: value } })),
});

const scope = { name: "mailkeep" };
const unitOf = (name: string) => (name.endsWith(".time") ? "ms" : name.endsWith(".bytes") ? "By" : "1");
const nanoseconds = (ms: number): string => `${Math.round(ms)}000000`;

/** Ids, numbers and words of ours: no letter of an address, a path or a sentence is among these. */
const plain = /^[\w.:-]{1,100}$/;

/** What is not on the list, or does not look like an id, stays here. */
export function attributes(fields: TelemetryFields): object[] {
  return telemetryFields.flatMap((name): object[] => {
    const value = fields[name];
    const key = `mailkeep.${name}`;
    if (typeof value === "number" && Number.isSafeInteger(value)) return [{ key, value: { intValue: String(value) } }];
    return typeof value === "string" && plain.test(value) ? [{ key, value: { stringValue: value } }] : [];
  });
}

/** W3C Trace Context; undefined for what is none. https://www.w3.org/TR/trace-context/#traceparent-header */
export function readParent(text: string | undefined) {
  const [, traceId, spanId, flags] = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(text ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags ?? "", 16) & 1) === 1 };
}
