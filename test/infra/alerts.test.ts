// Alerts ask the log for events by name: each must be an event the app really writes, with the fields they ask for.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { jsonLog } from "../../lib/adapters/console/log.js";
import { infra, readBicep } from "./bicep.js";

const root = join(infra, "..");
const sources = ["lib", "functions"]
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.startsWith("local"))
      .map((file) => readFileSync(join(root, folder, file), "utf8")),
  )
  .join("\n");

const { text } = readBicep("modules/alerts.bicep");
const asked = [...text.matchAll(/\\\\"(\w+)\\\\":\\\\"([^\\]+)\\\\"/g)].map(([, field = "", value = ""]) => ({
  field,
  value,
}));
const events = [...new Set(asked.filter(({ field }) => field === "event").map(({ value }) => value))];

describe("alerts", () => {
  it("ask for events", () =>
    expect(events).toEqual([
      "run ended",
      "work item given up",
      "quarantine grew",
      "verification ended",
      "audit broken",
      "credential expires",
      "configuration alarm",
    ]));

  it("are each explained in the runbook", () => {
    const runbook = readFileSync(join(infra, "README.md"), "utf8");
    const names = [...text.matchAll(/^ {4}name: '([\w-]+)'$/gm)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(8);
    for (const name of [...names, "no-run"]) expect(runbook, name).toContain(`| \`${name}\``);
  });

  it("and saved queries ask for what the runbook shows, of events that are logged", () => {
    const runbook = readFileSync(join(infra, "README.md"), "utf8");
    const queries = [...readBicep("modules/monitoring.bicep").text.matchAll(/query: '''([^']+)'''/g)];
    expect(queries).toHaveLength(3);
    for (const [, query = ""] of queries) {
      expect(runbook).toContain(query);
      for (const [, event = ""] of query.matchAll(/Message has "([a-z ]+)"/g)) expect(sources).toContain(`"${event}"`);
    }
  });

  /** The calls of the log with this event, and what they tell. */
  const calls = (event: string) =>
    sources.match(new RegExp(`\\blog(\\.\\w+|\\[\\w+\\])\\("${event}"[^;]*;`, "g")) ?? [];

  it.each(events)("ask for %s, which the app logs in one place", (event) => {
    expect(calls(event)).toHaveLength(1);
  });

  it("ask for the status of a run, which stands in its last event", () => {
    expect(calls("run ended")[0]).toContain("status: closed.status");
    const union = /export type RunStatus =([^;]+);/.exec(sources)?.[1] ?? "";
    const verification = /export type VerifyStatus =([^;]+);/.exec(sources)?.[1] ?? "";
    expect(verification).toContain('"findings"');
    for (const { value } of asked.filter(({ field, value }) => field === "status" && value !== "findings"))
      expect(union).toContain(`"${value}"`);
  });

  it("ask for a refusal by its code, which Graph's refusals and interrupted work carry", () => {
    expect(asked).toContainEqual({ field: "code", value: "unauthenticated" });
    expect(calls("graph.refused")[0]).toContain("code: end.throws");
    expect(calls("mailbox work interrupted")[0]).toContain("...fields");
    expect(sources).toContain("code: fault.code");
  });

  it("spell event, field and level as they come out of the log", () => {
    const lines: string[] = [];
    const log = jsonLog(
      (_, line) => lines.push(line),
      () => new Date(0),
    );
    log.info("run ended", { run: "r_1", status: "failed" });
    log.error("work item given up", {});
    const written = lines.join("\n");
    expect(written).toContain('"event":"run ended"');
    expect(written).toContain('"status":"failed"');
    expect(written).toContain('"level":"error"');
    expect(asked.filter(({ field }) => field === "level").map(({ value }) => value)).toEqual(["error"]);
  });
});
