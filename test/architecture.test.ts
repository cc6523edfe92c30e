// The shape of the building, held by a test: who may import whom, where vendors may be named, how files may be called.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";

/** Every room, and the rooms it may reach into besides itself. The order is the order of the floors. */
const mayImport: Record<string, string[]> = {
  "lib/core": [],
  "lib/config.ts": ["lib/core"],
  "lib/ports": ["lib/core"],
  "lib/pack": ["lib/core"],
  "lib/work": ["lib/core"],
  "lib/profiles": ["lib/core", "lib/ports"],
  "lib/ledger": ["lib/core", "lib/ports", "lib/pack"],
  "lib/catalog": ["lib/core", "lib/ports", "lib/pack", "lib/ledger"],
  "lib/mailboxes": ["lib/core", "lib/ports", "lib/profiles", "lib/catalog"],
  "lib/runs": ["lib/core", "lib/ports", "lib/profiles", "lib/mailboxes", "lib/work"],
  "lib/schedule": ["lib/core", "lib/ports", "lib/profiles", "lib/runs"],
  "lib/archive": [
    "lib/core",
    "lib/ports",
    "lib/pack",
    "lib/ledger",
    "lib/catalog",
    "lib/profiles",
    "lib/mailboxes",
    "lib/runs",
    "lib/work",
  ],
  "lib/reading": ["lib/core", "lib/ports", "lib/pack", "lib/ledger", "lib/catalog"],
  "lib/verify": [
    "lib/core",
    "lib/ports",
    "lib/pack",
    "lib/ledger",
    "lib/catalog",
    "lib/mailboxes",
    "lib/work",
    "lib/reading",
  ],
  "lib/export": [
    "lib/core",
    "lib/ports",
    "lib/pack",
    "lib/ledger",
    "lib/catalog",
    "lib/profiles",
    "lib/mailboxes",
    "lib/reading",
    "lib/work",
  ],
  "lib/adapters/azure": ["lib/core", "lib/ports"],
  "lib/adapters/console": ["lib/core", "lib/ports"],
  "lib/adapters/graph": ["lib/core", "lib/ports"],
  // Exchange's door answers as Graph's does: tokens and broken connections mean the same.
  "lib/adapters/exchange": ["lib/core", "lib/ports", "lib/adapters/graph"],
  "lib/adapters/memory": ["lib/core", "lib/ports"],
  "lib/adapters/system": ["lib/core", "lib/ports"],
  "lib/access": ["lib/core", "lib/config.ts"],
  "lib/edges.ts": ["lib/*"],
  "lib/app.ts": ["lib/*"],
  "lib/api": ["lib/*"],
  functions: ["lib/app.ts", "lib/api", "lib/access", "lib/config.ts", "lib/core", "lib/ports"],
  "lib/local": ["functions", "lib/config.ts", "lib/core"],
};

/** A vendor's package may be named in these rooms only. */
const fences: Record<string, string[]> = {
  "@azure/functions": ["functions", "lib/local", "lib/api"],
  "@azure/storage-blob": ["lib/adapters/azure"],
  "@azure/data-tables": ["lib/adapters/azure"],
  "@azure/storage-queue": ["lib/adapters/azure", "lib/local"],
  "@azure/identity": ["lib/adapters/azure", "lib/local"],
  "@microsoft/microsoft-graph-client": ["lib/adapters/graph"],
  undici: ["lib/adapters/graph", "lib/adapters/exchange"],
  croner: ["lib/schedule", "lib/local"],
  jose: ["lib/access"],
};

const bannedNames = /(^|[-/])(utils?|helpers?|common|manager|service|processor|handler?s?|data|info)([-.]|$)/;

const root = join(import.meta.dirname, "..");
const sources = ["functions", "lib"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.m?[tj]s$/.test(file))
    .map((file) => join(folder, file).split(sep).join("/")),
);

const rooms = Object.keys(mayImport).sort((a, b) => b.length - a.length);
const roomOf = (file: string) => rooms.find((room) => file === room || file.startsWith(`${room}/`));
const textOf = (file: string) => readFileSync(join(root, file), "utf8");
const importsOf = (file: string) =>
  [...textOf(file).matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name = ""]) => name);

function allowed(room: string): (target: string) => boolean {
  const list = mayImport[room] ?? [];
  const anyLib = list.includes("lib/*");
  return (target) =>
    target === room || list.includes(target) || (anyLib && target.startsWith("lib/") && target !== "lib/local");
}

describe("rooms", () => {
  it("are all on the plan", () => {
    expect(sources.filter((file) => roomOf(file) === undefined)).toEqual([]);
  });

  it.each(sources)("%s imports only what its room may", (file) => {
    const room = roomOf(file) ?? "";
    const isAllowed = allowed(room);
    const wrong = importsOf(file)
      .filter((name) => name.startsWith("."))
      .map((name) =>
        relative(root, normalize(join(root, dirname(file), name)))
          .split(sep)
          .join("/"),
      )
      .map((target) => roomOf(target.replace(/\.js$/, ".ts")) ?? target)
      .filter((target) => !isAllowed(target));
    expect(wrong, `${room} may not reach into these rooms: pass a port, or move the code where it belongs`).toEqual([]);
  });

  it.each(sources)("%s names no vendor beyond its fence", (file) => {
    const wrong = importsOf(file).filter((name) => {
      const fence = fences[name];
      return fence !== undefined && !fence.includes(roomOf(file) ?? "");
    });
    expect(wrong, "these packages belong behind an adapter").toEqual([]);
  });
});

describe("habits", () => {
  const product = sources.filter((file) => !file.startsWith("lib/local/"));

  it("settings are read in one place", () => {
    const readers = product.filter((file) => textOf(file).includes("process.env"));
    expect(readers, "pass Config instead").toEqual(["functions/index.ts"]);
  });

  it("time and chance arrive as arguments", () => {
    const pattern = /\bDate\.now\(|new Date\(\)|Math\.random\(|randomUUID\(/;
    const offenders = product.filter((file) => !file.startsWith("lib/adapters/") && pattern.test(textOf(file)));
    expect(offenders, "take a Clock or a Random").toEqual([]);
  });

  it("files are called what they are", () => {
    expect(
      sources.filter((file) => bannedNames.test(file)),
      "name the thing or the action",
    ).toEqual([]);
  });

  it("files stay short enough to read", () => {
    const long = sources
      .map((file) => ({ file, lines: textOf(file).split("\n").length }))
      .filter(({ lines }) => lines > 320);
    expect(long, "split along a seam of meaning").toEqual([]);
  });

  it("files say in their first line what they are for", () => {
    const silent = sources.filter((file) => !/^(\/\/|\/\*\*)/.test(textOf(file)) && !file.startsWith("lib/ports/"));
    expect(silent, "open with one to three lines of purpose").toEqual([]);
  });
});
