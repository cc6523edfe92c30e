// The sample tenant as a process of its own: prints one JSON line with address and token when it listens.
import { parseArgs } from "node:util";
import { warmUp } from "./company.js";
import { startTenant, type TenantOptions } from "./server.js";

const flags = {
  port: { type: "string" },
  mailboxes: { type: "string" },
  messages: { type: "string" },
  latency: { type: "string" },
  mail: { type: "string" },
  seed: { type: "string" },
  token: { type: "string" },
  huge: { type: "string" },
  keep: { type: "string" },
} as const;

/** As a process of its own the tenant is mostly a benchmark's opponent: about 10,000 messages are ready beforehand. */
const usualKeepBytes = 256 * 1024 * 1024;

const remedy = Object.keys(flags)
  .map((name) => `--${name}`)
  .join(" ");

function options(argv: string[]): TenantOptions {
  const { values } = parseArgs({ args: argv, options: flags });
  const numbers = {
    port: values.port,
    mailboxes: values.mailboxes,
    messagesPerMailbox: values.messages,
    latencyMs: values.latency,
    hugeMessageBytes: values.huge,
    keepRenderedBytes: values.keep,
  };
  const parsed = Object.entries(numbers).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, whole(name, text)]],
  );
  return {
    keepRenderedBytes: usualKeepBytes,
    ...Object.fromEntries(parsed),
    ...(values.mail === undefined ? {} : { mailDir: values.mail }),
    ...(values.seed === undefined ? {} : { seed: values.seed }),
    ...(values.token === undefined ? {} : { token: values.token }),
  };
}

function whole(name: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${name} must be a whole number, not "${text}" (flags: ${remedy})`);
  return Number(text);
}

warmUp();
const tenant = await startTenant(options(process.argv.slice(2)));
process.stdout.write(`${JSON.stringify({ baseUrl: tenant.baseUrl, token: tenant.token })}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    tenant.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
