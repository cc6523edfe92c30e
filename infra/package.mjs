// Builds exactly what is deployed, into dist/package: the app and all it needs in a few files, and host.json beside them.
// Loading those is three times as fast as loading two thousand, and an instance that starts may take 30 seconds at most.
// lib/decisions/0003-deploy-one-bundle.md has the numbers. Usage: npm run package [-- --out DIR]
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** @param {string} out is emptied first */
export async function buildPackage(out) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await build({
    cwd: root,
    input: { index: join(root, "functions/index.ts") },
    platform: "node",
    // The worker supplies this one at run time; it is not on npm.
    external: ["@azure/functions-core"],
    resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
    logLevel: "warn",
    output: { dir: out, format: "esm", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
  });
  cpSync(join(root, "host.json"), join(out, "host.json"));
  const { name, version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const manifest = { name, version, private: true, license, type: "module", main: "index.js" };
  writeFileSync(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

if (resolve(process.argv[1] ?? "") === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf("--out");
  const out = at > 0 && process.argv[at + 1] !== undefined ? resolve(process.argv[at + 1]) : join(root, "dist/package");
  await buildPackage(out);
  const files = readdirSync(out);
  const bytes = files.reduce((sum, file) => sum + statSync(join(out, file)).size, 0);
  console.log(`${out}: ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB`);
}
