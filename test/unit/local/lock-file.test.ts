import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface Locked {
  optionalDependencies?: Record<string, string>;
  resolved?: string;
}

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Locked> };

/** Node's own way up: a/node_modules/b, then node_modules/b. */
function isLocked(from: string, name: string): boolean {
  const above = from.lastIndexOf("node_modules/");
  if (`${from === "" ? "" : `${from}/`}node_modules/${name}` in packages) return true;
  return from !== "" && isLocked(from.slice(0, Math.max(0, above - 1)), name);
}

it("names every optional package, also those for other machines: npm ci refuses a lock file without them", () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !isLocked(path, name)),
  );
  expect(missing).toEqual([]);
});

it("names no download host, so that every registry will do", () => {
  expect(Object.values(packages).filter(({ resolved }) => resolved?.startsWith("http"))).toEqual([]);
});
