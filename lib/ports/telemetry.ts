/** Everything that may stand beside a span or a number. What is not on this list is not sent, whoever hands it in. */
export const telemetryFields = [
  "attempt",
  "bytes",
  "commits",
  "export",
  "function",
  "generation",
  "head",
  "housekeeping",
  "invocation",
  "item",
  "mailbox",
  "messages",
  "outcome",
  "quarantined",
  "request",
  "requestMs",
  "requests",
  "result",
  "retries",
  "run",
  "status",
  "throttled",
  "throttledMs",
  "verification",
  "work",
] as const;

export type TelemetryFields = Partial<Record<(typeof telemetryFields)[number], string | number | undefined>>;

/** A piece of work that has just ended. */
export interface EndedSpan {
  /** Of a closed list: names of functions, kinds of work. */
  name: string;
  kind: "server" | "consumer" | "internal";
  ms: number;
  failed: boolean;
  fields: TelemetryFields;
  /** W3C `traceparent` of what asked for it. */
  parent?: string | undefined;
}

/** What was counted; each is a sum that only grows. Times are in milliseconds. */
export type Measure =
  | "mailkeep.work.items"
  | "mailkeep.work.time"
  | "mailkeep.messages"
  | "mailkeep.bytes"
  | "mailkeep.commits"
  | "mailkeep.quarantined"
  | "mailkeep.graph.requests"
  | "mailkeep.graph.throttled.time"
  | "mailkeep.function.calls";

/** Spans and sums for whoever watches many programs. Nothing here throws, and nothing waits but `flush`. */
export interface Telemetry {
  ended(span: EndedSpan): void;
  add(measure: Measure, by: number, fields: TelemetryFields): void;
  /** Sends what is waiting, for so long at most. */
  flush(limitMs: number): Promise<void>;
}
