// Behind every npm script: installs what is missing, finds the pinned Node, builds, and runs the command on it.
// Plain JavaScript for any Node from 20 on, because at this point nothing is installed. Says everything on stderr.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isNewEnough, oldestNode, pinnedNodePath, stepsFor, whyInstall } from "./bootstrap-plan.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const inRoot = (...path) => join(root, ...path);
const remembered = inRoot("node_modules", ".mailkeep-install");
const say = (line) => process.stderr.write(`${line}\n`);

const [command, ...args] = process.argv.slice(2);
const steps = stepsFor(command, args);
if (steps === undefined) {
  say("usage: node lib/local/bootstrap.mjs start|test|check|bench [arguments]");
  process.exit(2);
}
await alone(install);
const node = pinnedNode();
for (const step of steps) {
  const end = await run(step, node);
  if (end.signal !== null) dieOf(end.signal);
  else if (end.code !== 0) process.exit(end.code);
}

/** Two commands started together on a fresh clone must not install into the same folder: the second waits. */
async function alone(work) {
  const lock = inRoot(".mailkeep", "install.lock");
  mkdirSync(dirname(lock), { recursive: true });
  for (let told = false; !take(lock); await new Promise((wake) => setTimeout(wake, 300))) {
    if (!told) say("waiting for another installation to end…");
    told = true;
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    const holder = Number(read(lock));
    if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function install() {
  const lockText = read(inRoot("package-lock.json")) ?? "{}";
  const lockHash = createHash("sha256").update(lockText).digest("hex");
  const record = read(inRoot("node_modules", ".package-lock.json"));
  const why = whyInstall({
    lockHash,
    rememberedHash: read(remembered)?.trim(),
    lock: JSON.parse(lockText),
    installed: record === undefined ? undefined : JSON.parse(record),
    platform: { os: process.platform, cpu: process.arch },
  });
  if (why !== undefined) {
    say(`${why}: installing packages (about a minute the first time)…`);
    if (npm("ci", "--include=dev") !== 0) {
      say("npm ci did not work; trying npm install…");
      const code = npm("install", "--include=dev");
      if (code !== 0) {
        say("The packages could not be installed. Check the network and `npm config get registry`, then try again.");
        process.exit(code);
      }
    }
  }
  if (read(remembered)?.trim() !== lockHash) writeFileSync(remembered, `${lockHash}\n`);
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Runs npm without a shell: the one that called us, else the one beside the running Node. */
function npm(...npmArgs) {
  const beside = ["../lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js"];
  const script = [process.env.npm_execpath, ...beside.map((path) => resolve(dirname(process.execPath), path))].find(
    (path) => path !== undefined && /npm-cli\.c?js$/.test(path) && existsSync(path),
  );
  const [program, first] = script === undefined ? ["npm", []] : [process.execPath, [script]];
  const end = spawnSync(program, [...first, ...npmArgs, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  if (end.error !== undefined) say(`npm could not be started: ${end.error.message}`);
  // npm explains itself at length; the first lines have the reason, and its log file all of it.
  if (end.status !== 0) say(end.stderr.split("\n").filter(Boolean).slice(0, 12).join("\n"));
  return end.status ?? 1;
}

/** The Node of package.json; where its install script was not allowed or does not fit, one more try, then this one if it will do. */
function pinnedNode() {
  const pinned = inRoot(...pinnedNodePath(process.platform).split("/"));
  if (works(pinned)) return pinned;
  // Its binary comes by an install script, which package.json allows by name; a general ban would leave nothing to run on.
  say("fetching the pinned Node…");
  npm("rebuild", "node", "--foreground-scripts", "--ignore-scripts=false");
  if (works(pinned)) return pinned;
  if (isNewEnough(process.versions.node)) {
    say(`the pinned Node is not available here; going on with Node ${process.versions.node}`);
    return process.execPath;
  }
  say(
    `The pinned Node is not available and Node ${process.versions.node} is too old. ` +
      `Run \`npm rebuild node\`, or use Node ${oldestNode.join(".")} or later.`,
  );
  return process.exit(1);
}

function works(node) {
  return existsSync(node) && spawnSync(node, ["--version"], { stdio: "ignore" }).status === 0;
}

function run(step, node) {
  const stdio = ["inherit", step.quiet ? 2 : "inherit", "inherit"];
  const child = spawn(node, [inRoot(...step.script.split("/")), ...step.args], {
    cwd: root,
    // The channel is there to be closed: whoever listens to it learns that this process is gone, however it went.
    stdio: step.watched ? [...stdio, "ipc"] : stdio,
    env: { ...process.env, ...(step.watched ? { MAILKEEP_BOOTSTRAPPED: "1" } : {}) },
  });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  const pass = (signal) => child.kill(signal);
  for (const signal of signals) process.on(signal, pass);
  const watch = step.watched ? watchParent(() => child.kill("SIGTERM")) : undefined;
  return new Promise((done) => {
    child.on("error", (error) => {
      say(`${step.script} could not be started: ${error.message}`);
      done({ code: 1, signal: null });
    });
    child.on("exit", (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.off(name, pass);
      done({ code, signal });
    });
  });
}

/**
 * npm killed with -9 leaves its children behind; what it started for a person should not go on serving unseen. Our parent
 * is npm, or the shell between npm and us.
 */
function watchParent(gone) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === "win32") return undefined;
  const lineage = () => `${process.ppid} ${parentOf(process.ppid)}`;
  const before = lineage();
  return setInterval(() => lineage() !== before && gone(), 1_000);
}

/** Where /proc tells: the second field after the last bracket of proc_pid_stat(5). */
function parentOf(pid) {
  return read(`/proc/${pid}/stat`)?.split(")").at(-1)?.trim().split(" ")[1];
}

function dieOf(signal) {
  process.kill(process.pid, signal);
  setInterval(() => process.exit(1), 1_000);
}
