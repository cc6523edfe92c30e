// Spans and sums as a collector gets them, over real HTTP.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { attributes } from "../../../lib/adapters/otlp/encode.js";
import { otlpTelemetry } from "../../../lib/adapters/otlp/telemetry.js";
import type { TelemetryFields } from "../../../lib/ports/telemetry.js";
import { aCollector, type Body, type Collector } from "../../build/a-collector.js";
import { repeatableRandom } from "../../build/repeatable-random.js";

let collector: Collector;
const warned: object[] = [];

beforeEach(async () => {
  warned.splice(0);
  collector = await aCollector();
});
afterEach(() => collector[Symbol.asyncDispose]());

const sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function open(parent?: string) {
  const clock = stoppedClock(new Date("2026-03-01T08:00:00Z"));
  const telemetry = otlpTelemetry(
    { endpoint: collector.endpoint, headers: { "api-key": "k" }, version: "1.2.3" },
    {
      clock,
      random: repeatableRandom("otlp"),
      ticker: { every: () => () => undefined },
      log: { info() {}, warn: (_, fields = {}) => void warned.push(fields), error() {} },
      parent: () => parent,
    },
  );
  return { clock, telemetry };
}

const work = { name: "archive-mailbox", ms: 250, failed: false, fields: { run: "r_1", messages: 7 } };

it("sends a span under the trace of what asked for it", async () => {
  const { telemetry } = open(sampled);
  telemetry.ended({ ...work, kind: "consumer" });
  telemetry.ended({ ...work, kind: "server", failed: true });
  await telemetry.flush(5_000);
  expect(collector.got.map(({ path }) => path)).toEqual(["/otlp/v1/traces"]);
  expect(collector.got[0]?.headers).toMatchObject({ "api-key": "k", "content-type": "application/json" });
  const { attributes: about } = collector.got[0]?.body.resourceSpans[0].resource ?? {};
  expect(about).toContainEqual({ key: "service.name", value: { stringValue: "mailkeep" } });
  expect(collector.spans()).toEqual([
    {
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      parentSpanId: "b7ad6b7169203331",
      name: "archive-mailbox",
      kind: 5,
      startTimeUnixNano: "1772351999750000000",
      endTimeUnixNano: "1772352000000000000",
      attributes: [
        { key: "mailkeep.messages", value: { intValue: "7" } },
        { key: "mailkeep.run", value: { stringValue: "r_1" } },
      ],
      status: {},
    },
    expect.objectContaining({ kind: 2, status: { code: 2 } }),
  ]);
});

it("begins a trace where there is none, and keeps out of one that is not recorded", async () => {
  const alone = open().telemetry;
  alone.ended({ ...work, kind: "internal" });
  await alone.flush(5_000);
  const [span] = collector.spans();
  expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(span).not.toHaveProperty("parentSpanId");
  const unheard = open(sampled.replace(/01$/, "00")).telemetry;
  unheard.ended({ ...work, kind: "internal" });
  await unheard.flush(5_000);
  expect(collector.spans()).toHaveLength(1);
});

it("adds up, and sends sums since the beginning when they have changed", async () => {
  const { telemetry, clock } = open();
  telemetry.add("mailkeep.bytes", 5, { work: "export" });
  telemetry.add("mailkeep.bytes", 6, { work: "export" });
  telemetry.add("mailkeep.graph.requests", 1, { outcome: "ok" });
  await telemetry.flush(5_000);
  await telemetry.flush(5_000);
  clock.advance(60_000);
  telemetry.add("mailkeep.bytes", 1, { work: "export" });
  await telemetry.flush(5_000);
  const sums = collector.sums();
  expect(sums).toHaveLength(2);
  expect(sums[0][0]).toMatchObject({
    name: "mailkeep.bytes",
    unit: "By",
    sum: { aggregationTemporality: 2, isMonotonic: true },
  });
  expect(sums[0].map((one: Body) => one.sum.dataPoints[0].asInt)).toEqual(["11", "1"]);
  expect(sums[1][0].sum.dataPoints[0]).toMatchObject({
    asInt: "12",
    startTimeUnixNano: "1772352000000000000",
    timeUnixNano: "1772352060000000000",
  });
});

describe("a collector that is away", () => {
  it("gets spans and sums later, once, and is named in the log once, without its words", async () => {
    const { telemetry } = open();
    collector.status = 503;
    telemetry.ended({ ...work, kind: "consumer" });
    telemetry.add("mailkeep.commits", 1, {});
    await telemetry.flush(5_000);
    await telemetry.flush(5_000);
    expect(warned).toEqual([{ status: 503 }]);
    collector.status = 200;
    await telemetry.flush(5_000);
    await telemetry.flush(5_000);
    expect(collector.got.map(({ path }) => path)).toEqual(["/otlp/v1/traces", "/otlp/v1/metrics"]);
    expect(collector.spans()).toHaveLength(1);
  });

  it("that refuses what it is sent is not sent it again", async () => {
    const { telemetry } = open();
    collector.status = 400;
    telemetry.ended({ ...work, kind: "consumer" });
    await telemetry.flush(5_000);
    collector.status = 200;
    await telemetry.flush(5_000);
    expect(collector.got).toEqual([]);
  });
});

it("lets nothing out that is not on the list or does not look like an id", () => {
  const fields = {
    run: "r_1",
    mailbox: "1b385587-0789-4316-a07f-7fe83371859f",
    messages: 3,
    request: "anna@contoso.com",
    item: "a folder name",
    work: "/users/anna",
    outcome: "x".repeat(101),
    bytes: Number.NaN,
    subject: "marked",
  } as TelemetryFields;
  expect(JSON.stringify(attributes(fields))).toBe(
    '[{"key":"mailkeep.mailbox","value":{"stringValue":"1b385587-0789-4316-a07f-7fe83371859f"}},' +
      '{"key":"mailkeep.messages","value":{"intValue":"3"}},{"key":"mailkeep.run","value":{"stringValue":"r_1"}}]',
  );
});
