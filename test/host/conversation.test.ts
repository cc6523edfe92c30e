// What Azure's host is told of the functions, and what it sends them: shapes as its own sources make them.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { methodsOf } from "../../lib/api/route.js";
import { routes } from "../../lib/api/routes.js";
import type { App } from "../../lib/app.js";
import { scopeFields } from "../../lib/core/scope.js";
import {
  type Binding,
  type FunctionsCore,
  installFunctionsCore,
  type RegisteredFunction,
} from "../../lib/local/functions-core.js";
import type { EndedSpan } from "../../lib/ports/telemetry.js";
import { aWorld, type World } from "../build/a-world.js";

const asked: { what: string; text?: string; scope: object }[] = [];
const hear = (what: string) => async (text?: string) =>
  void asked.push({ what, ...(text !== undefined && { text }), scope: scopeFields() });
const spans: EndedSpan[] = [];
let world: World;
let core: FunctionsCore;
let release = () => {};

beforeAll(async () => {
  world = await aWorld({ tenant: { mailboxes: 1, messagesPerMailbox: 0 } });
  const [work, poison, schedule, tidy, nightly] = ["work", "poison", "schedule", "tidy", "nightly"].map(hear);
  const app = { ...world.app, work, poison, schedule, tidy, nightly } as App;
  core = installFunctionsCore(() => undefined);
  const { registerHttp } = await import("../../functions/http/register.js");
  const { registerQueues } = await import("../../functions/queues/work.js");
  const { registerTimers } = await import("../../functions/timers/minute.js");
  const { registerNightTimer } = await import("../../functions/timers/night.js");
  const { followInvocations, workEnded } = await import("../../functions/invocation.js");
  const { app: functions } = await import("@azure/functions");
  const telemetry = { ended: (span: EndedSpan) => void spans.push(span), add: () => {}, flush: async () => {} };
  followInvocations({ clock: world.clock, telemetry });
  functions.hook.appTerminate(() => workEnded(60_000));
  functions.timer("long", { schedule: "0 0 0 1 1 *", handler: () => new Promise<void>((done) => (release = done)) });
  registerTimers(app);
  registerNightTimer(app);
  registerQueues(app);
  registerHttp(app, { auth: { mode: "local" } } as never, world.edges);
  await core.start(process.cwd());
});
afterAll(async () => {
  core?.close();
  await world?.[Symbol.asyncDispose]();
});
beforeEach(() => void asked.splice(0));

const triggers = (type: string): (Binding & { name: string })[] =>
  core
    .functions()
    .filter(({ name }) => name !== "long")
    .map((one) => ({ ...triggerOf(one), name: one.name }))
    .filter((one) => one.type === type);

const triggerOf = ({ bindings }: RegisteredFunction) =>
  Object.values(bindings).find(({ type }) => /trigger$/i.test(type)) as Binding;

describe("the functions", () => {
  it("have names the host takes, each once whatever its case", () => {
    // azure-functions-host, src/WebJobs.Script/Utility.cs.
    const names = core.functions().map(({ name }) => name);
    for (const name of names) expect(name).toMatch(/^(?!host$)[a-z][a-z0-9_-]{0,127}$/i);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
  });

  it("have one trigger each, in words that survive the way to the host as JSON", () => {
    for (const { bindings } of core.functions()) {
      expect(Object.values(bindings).filter(({ type }) => /trigger$/i.test(type))).toHaveLength(1);
      expect(JSON.parse(JSON.stringify(bindings))).toEqual(bindings);
    }
  });

  it("answer every route of the table with its method and ask the host for no key", () => {
    const http = triggers("httpTrigger");
    for (const [name, route] of Object.entries(routes))
      expect(http).toContainEqual(
        expect.objectContaining({ name, methods: methodsOf(route), route: `v1${route.path}`, authLevel: "anonymous" }),
      );
    const others = http.filter(({ name }) => !(name in routes));
    expect(others.map(({ name, route }) => [name, route])).toEqual([["unknown", "v1/{*path}"]]);
  });

  it("answer HEAD where mail leaves, and by the one that names what there is instead", () => {
    const heads = triggers("httpTrigger").filter(({ methods }) => (methods as string[]).includes("HEAD"));
    expect(heads.map(({ name }) => name).sort()).toEqual(["getAttachment", "getEml", "unknown"]);
  });

  it("listen to the two queues over the archive's own connection", () => {
    const connection = "ARCHIVE_STORAGE";
    expect(triggers("queueTrigger")).toEqual([
      expect.objectContaining({ name: "work", queueName: "work", connection }),
      expect.objectContaining({ name: "poison", queueName: "work-poison", connection }),
    ]);
  });

  it("are rung by two timers that do not ring at every start", () => {
    expect(triggers("timerTrigger")).toEqual([
      expect.objectContaining({ name: "minute", schedule: "0 * * * * *", runOnStartup: false }),
      expect.objectContaining({ name: "nightly", schedule: "0 15 2 * * *", runOnStartup: false }),
    ]);
  });
});

describe("a queue message", () => {
  const item = { v: 1, kind: "start-run", run: "r_1_a", attempt: 0 };

  it.each([
    ["as text", { string: JSON.stringify(item, null, 2) }],
    ["as JSON", { json: JSON.stringify(item) }],
  ])("arrives %s and says the same", async (_, input) => {
    await core.invoke("work", { input });
    await core.invoke("poison", { input });
    expect(asked.map(({ what, text }) => [what, JSON.parse(text ?? "")])).toEqual([
      ["work", item],
      ["poison", item],
    ]);
  });

  it("that is no JSON arrives as it is", async () => {
    await core.invoke("work", { input: { string: "{half" } });
    expect(asked.map(({ text }) => text)).toEqual(["{half"]);
  });

  it("is known by the queue's id and count, whatever the host adds from its content", async () => {
    await core.invoke("work", {
      invocationId: "i-1",
      input: { string: JSON.stringify(item) },
      // ScriptInvocationContextExtensions.cs: strings as strings, numbers and times as JSON; Utility.ApplyBindingData adds
      // the properties of the message itself.
      triggerMetadata: {
        QueueTrigger: { string: JSON.stringify(item) },
        Id: { string: "5f0c2e3a-0000-4000-8000-000000000001" },
        DequeueCount: { json: "3" },
        PopReceipt: { string: "AgAAAAMAAAAAAAAA" },
        InsertionTime: { json: '"2026-03-01T08:00:00+00:00"' },
        kind: { string: item.kind },
        attempt: { string: "0" },
      },
    });
    expect(asked[0]?.scope).toMatchObject({
      invocation: "i-1",
      item: "5f0c2e3a-0000-4000-8000-000000000001",
      attempt: 3,
    });
  });
});

it("a timer's state comes in the host's own spelling", async () => {
  const state = { Schedule: { AdjustForDST: true }, ScheduleStatus: { Last: "0001-01-01T00:00:00" }, IsPastDue: true };
  await core.invoke("minute", { input: { json: JSON.stringify(state) } });
  await core.invoke("nightly", { input: { json: JSON.stringify(state) } });
  expect(asked.map(({ what }) => what)).toEqual(["schedule", "tidy", "nightly"]);
  expect(spans.slice(-2)).toEqual([
    expect.objectContaining({ name: "minute", kind: "internal", failed: false }),
    expect.objectContaining({ name: "nightly", kind: "internal", failed: false }),
  ]);
});

it("the end waits for the function that is running: the worker ends its process right after", async () => {
  const long = core.invoke("long", { input: { json: "{}" } });
  let ended = false;
  const end = core.terminate().then(() => (ended = true));
  await core.invoke("minute", { input: { json: "{}" } });
  expect(ended).toBe(false);
  release();
  await Promise.all([end, long]);
});
