// npm run bench: runs the scenarios, prints one JSON line on stdout and a table on stderr.
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { prices } from "../../lib/cost/prices.js";
import { writeCostPage } from "./cost-page.js";
import { table } from "./report.js";
import { type Options, type Result, scenarios } from "./scenarios.js";

const flags = {
  only: { type: "string", default: Object.keys(scenarios).join(",") },
  repeat: { type: "string", default: "1" },
  latency: { type: "string", default: "100" },
  "cpu-prof": { type: "string" },
  "cost-page": { type: "string" },
  help: { type: "boolean" },
} as const;

const help = `npm run bench -- [--only ${flags.only.default}] [--repeat N] [--latency MS] [--cpu-prof DIR]
npm run bench -- --cost-page FILE
  --repeat   runs each scenario N times and shows the run with the median CPU time a message
  --cpu-prof writes a CPU profile of the measured process to DIR
  --cost-page measures nothing: writes infra/COST.md from lib/cost to FILE
`;

/** The run in the middle by CPU time: the figure that other work on the machine disturbs least. */
function middle(results: Result[]): Result {
  const cpu = ({ figures, reads = [] }: Result) =>
    [...figures, ...reads].reduce((sum, { cpuMsPerMessage }) => sum + cpuMsPerMessage, 0);
  const sorted = results.toSorted((a, b) => cpu(a) - cpu(b));
  return sorted[Math.floor((sorted.length - 1) / 2)] as Result;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: flags });
  if (values.help) return void process.stderr.write(help);
  if (values["cost-page"] !== undefined) return writeCostPage(values["cost-page"]);
  const profile = values["cpu-prof"];
  const options: Options = {
    latencyMs: Number(values.latency),
    nodeFlags: profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`],
  };
  const results: Result[] = [];
  for (const name of values.only.split(",")) {
    const scenario = scenarios[name];
    if (scenario === undefined) throw new Error(`there is no scenario ${name}\n${help}`);
    const tries: Result[] = [];
    for (let n = 1; n <= Number(values.repeat); n++) {
      process.stderr.write(`${name} (${n} of ${values.repeat})…\n`);
      tries.push(await scenario(options));
    }
    results.push(middle(tries));
  }
  const figures = results.flatMap((result) => result.figures);
  const goals = results.flatMap((result) => result.goals);
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, memoryGib: Math.round(totalmem() / 2 ** 30) };
  const reads = results.flatMap((result) => result.reads ?? []);
  process.stderr.write(table(figures, reads, goals));
  const report = { at: new Date().toISOString(), node: process.version, machine, goals, figures, reads, prices };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

await main();
