// The arguments of `npm start`.
import { parseArgs } from "node:util";

export interface StartArguments {
  once: boolean;
  json: boolean;
  run: boolean;
  port: number;
  data: string | undefined;
  mail: string | undefined;
  mailboxes: number | undefined;
  messages: number | undefined;
  latencyMs: number | undefined;
}

export const usage = `npm start -- [options]

  --once          end after the run: exit code 0 complete, 3 with gaps, 1 failed
  --json          print the run as one line of JSON on stdout, everything else on stderr
  --no-run        only serve: nothing runs until the API or a schedule says so
  --port N        where the API listens on this machine (7071)
  --data DIR      where the archive is kept (.mailkeep)
  --mail DIR      fill the sample tenant with the .eml and mbox files of DIR
  --mailboxes N   size of the sample tenant: mailboxes
  --messages N    size of the sample tenant: messages in each mailbox
  --latency MS    how long the sample tenant takes to answer
  --help          this text

Without GRAPH_BASE_URL a sample tenant is started; without ARCHIVE_STORAGE, a storage emulator.
`;

export class UsageError extends Error {}

const flags = {
  once: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  "no-run": { type: "boolean", default: false },
  port: { type: "string", default: "7071" },
  data: { type: "string" },
  mail: { type: "string" },
  mailboxes: { type: "string" },
  messages: { type: "string" },
  latency: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** @throws UsageError that says what is wrong. */
export function readArguments(argv: string[]): StartArguments | "help" {
  const values = parse(argv);
  if (values.help) return "help";
  if (values["no-run"] && values.once) throw new UsageError("--once and --no-run contradict each other");
  return {
    once: values.once,
    json: values.json,
    run: !values["no-run"],
    port: whole("--port", values.port, { least: 0, most: 65_535 }) ?? 0,
    data: values.data,
    mail: values.mail,
    mailboxes: whole("--mailboxes", values.mailboxes, { least: 1, most: 10_000 }),
    messages: whole("--messages", values.messages, { least: 0, most: 1_000_000 }),
    latencyMs: whole("--latency", values.latency, { least: 0, most: 60_000 }),
  };
}

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: flags }).values;
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

function whole(name: string, text: string | undefined, { least, most }: { least: number; most: number }) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new UsageError(`${name} takes a whole number from ${least} to ${most}, not "${text}"`);
  return value;
}
