// `npm start`: storage emulator, sample tenant and all functions on this machine; runs a profile and shows what happens.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Api, type MailboxView, openApi, type RunView } from "./api.js";
import { readArguments, type StartArguments, UsageError, usage } from "./arguments.js";
import { startAzurite } from "./azurite.js";
import { beginRun, exitCodeOf, follow, someProfile } from "./follow.js";
import { installFunctionsCore } from "./functions-core.js";
import { type Host, startHost } from "./host.js";
import { readHostJson } from "./host-settings.js";
import { captureConsole, type LocalLog, openLog } from "./log-file.js";
import { type Display, liveDisplay, plainDisplay } from "./progress.js";
import { startSampleTenant } from "./sample-tenant.js";
import { Shutdown } from "./shutdown.js";
import { nextThings, summaryOf } from "./summary.js";

/** From dist/lib/local back to the folder with host.json. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
/** How long what runs may take to end after Ctrl-C. */
const graceMs = 20_000;
/** What an administrator grants: infra/rights.json, and the groups and units that a profile may name. */
const sampleRoles = [
  "Mail.Read",
  "User.Read.All",
  "MailboxSettings.Read",
  "GroupMember.Read.All",
  "AdministrativeUnit.Read.All",
];

const args = readArgumentsOrExit();
const display = chooseDisplay(args);
const shutdown = new Shutdown(() => {
  display.done();
  display.say("Stopping: finishing what is running. Press Ctrl-C again to stop at once.");
});
try {
  const code = await start(args);
  if (code !== undefined) await shutdown.end(code);
} catch (error) {
  if (!shutdown.begun) {
    display.done();
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    await shutdown.end(1);
  }
}

function readArgumentsOrExit(): StartArguments {
  try {
    const read = readArguments(process.argv.slice(2));
    if (read !== "help") return read;
    process.stdout.write(usage);
    return process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return process.exit(2);
  }
}

function chooseDisplay({ json }: StartArguments): Display {
  const out = json ? process.stderr : process.stdout;
  const write = (text: string) => void out.write(text);
  if (json || !out.isTTY || process.env.TERM === "dumb") return plainDisplay(write, () => performance.now());
  return liveDisplay({
    write,
    get columns() {
      return out.columns;
    },
    get rows() {
      return out.rows;
    },
    color: !process.env.NO_COLOR,
  });
}

/** The exit code, or undefined to keep serving. */
async function start(args: StartArguments): Promise<number | undefined> {
  const data = fromCaller(args.data ?? join(root, ".mailkeep"));
  const log = openLog(join(data, "mailkeep.log"), (line) => display.say(line));
  await startStorage(data);
  if (!process.env.SIGNING_KEY_ID) process.env.SIGNING_KEY_FILE ??= join(data, "signing-key.pem");
  await startTenant(data, args);
  const host = await hostFunctions(args.port, log);
  const base = `${host.url}/v1`;
  const api = openApi(base);
  const code = args.run ? await runFirst(api, base, args) : undefined;
  if (args.once && code !== undefined) return code;
  display.say(`\nServing ${base} (log: ${join(data, "mailkeep.log")}). Ctrl-C stops.`);
  return undefined;
}

/** A relative path is the caller's, who may have called npm from another folder. */
function fromCaller(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}

async function startStorage(data: string): Promise<void> {
  if (process.env.ARCHIVE_STORAGE || process.env.ARCHIVE_STORAGE__blobServiceUri) return;
  display.say("Starting the storage emulator…");
  const azurite = await startAzurite({ directory: join(data, "azurite") });
  shutdown.add(() => azurite.stop());
  void azurite.died.then(async (how) => {
    display.say(`${how}; without it nothing can go on`);
    await shutdown.end(1);
  });
  // For whoever wants to see the blobs and tables; the emulator's key is no secret.
  writeFileSync(join(data, "connection-string.txt"), `${azurite.connectionString}\n`);
  process.env.ARCHIVE_STORAGE = azurite.connectionString;
  process.env.AzureWebJobsStorage ??= azurite.connectionString;
}

async function startTenant(data: string, { mailboxes, messages, latencyMs, mail }: StartArguments): Promise<void> {
  // A local host is for the person at this machine: nobody else can reach it.
  process.env.AUTH_MODE ??= "local";
  if (process.env.GRAPH_BASE_URL) return;
  display.say("Starting the sample tenant…");
  const tenant = await startSampleTenant(data, {
    ...(mailboxes === undefined ? {} : { mailboxes }),
    ...(messages === undefined ? {} : { messagesPerMailbox: messages }),
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(mail === undefined ? {} : { mailDir: fromCaller(mail) }),
  });
  shutdown.add(() => tenant.close());
  process.env.GRAPH_BASE_URL = tenant.baseUrl;
  process.env.EXCHANGE_BASE_URL ??= tenant.baseUrl;
  process.env.TENANT_ID ??= tenant.tenantId;
  process.env.GRAPH_STATIC_TOKEN = tenant.tokenWith({ roles: sampleRoles });
  process.env.GRAPH_WRITER_STATIC_TOKEN = tenant.writerToken;
}

/** Importing the entry registers the functions and reads the settings, so it comes after both are in place. */
async function hostFunctions(port: number, log: LocalLog): Promise<Host> {
  captureConsole(log);
  const core = installFunctionsCore(({ level, message, functionName }) => {
    // The app's own lines are whole as they are.
    const line = message.startsWith('{"time":') ? message : `${functionName ?? "host"}: ${message}`;
    if (level === "warning" || level === "error" || level === "critical") log.warn(line);
    else log.info(line);
  });
  await import("../../functions/index.js");
  const settings = readHostJson(readFileSync(join(root, "host.json"), "utf8"));
  const hosting = startHost({ core, settings, env: process.env, directory: root, port, warn: log.warn });
  const host = await hosting.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new Error(
      `Port ${port} is in use by another program. Stop it, or choose another: npm start -- --port ${port + 1}`,
    );
  });
  shutdown.add(() => host.stop(graceMs));
  return host;
}

async function runFirst(api: Api, base: string, { json }: StartArguments): Promise<number> {
  const profile = await someProfile(api);
  const begun = await beginRun(api, profile.id);
  display.say(`Running the profile "${profile.name}" (${begun.id})`);
  let mailboxes: MailboxView[] = [];
  const show = (run: RunView, all: MailboxView[]) => {
    mailboxes = all;
    display.show(run, all);
  };
  const run = await follow({ api, run: begun.id, everyMs: 400, show, signal: shutdown.signal });
  display.done();
  for (const line of summaryOf(run, mailboxes)) display.say(line);
  for (const line of await nextThings(api, base, { run, mailboxes })) display.say(line);
  if (json) await new Promise((written) => process.stdout.write(`${JSON.stringify(run)}\n`, written));
  return exitCodeOf(run.status);
}
