// The shape of the building, held by a test: who may import whom, where vendors may be named, how files may be called.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { rules } from "../lib/adapters/graph/errors.js";
import { catalogue } from "../lib/faults/catalogue.js";
import { explain } from "../lib/faults/explain.js";

/** Every room, and the rooms it may reach into besides itself. The order is the order of the floors. */
const mayImport: Record<string, string[]> = {
  "lib/core": [],
  "lib/config.ts": ["lib/core"],
  "lib/faults": ["lib/core"],
  "lib/ports": ["lib/core"],
  "lib/pack": ["lib/core"],
  "lib/work": ["lib/core"],
  "lib/profiles": ["lib/core", "lib/ports"],
  "lib/ledger": ["lib/core", "lib/ports", "lib/pack"],
  "lib/catalog": ["lib/core", "lib/ports", "lib/pack", "lib/ledger"],
  "lib/mailboxes": ["lib/core", "lib/ports", "lib/profiles", "lib/catalog"],
  "lib/connections": ["lib/core", "lib/ports", "lib/profiles", "lib/mailboxes"],
  "lib/runs": ["lib/core", "lib/faults", "lib/ports", "lib/profiles", "lib/mailboxes", "lib/work"],
  "lib/schedule": ["lib/core", "lib/ports", "lib/profiles", "lib/runs"],
  "lib/archive": [
    "lib/deletion",
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
  "lib/heads": ["lib/core", "lib/ports", "lib/ledger", "lib/work"],
  "lib/verify": [
    "lib/core",
    "lib/ports",
    "lib/pack",
    "lib/ledger",
    "lib/catalog",
    "lib/mailboxes",
    "lib/work",
    "lib/reading",
    "lib/heads",
  ],
  "lib/deletion": [
    "lib/core",
    "lib/ports",
    "lib/pack",
    "lib/ledger",
    "lib/catalog",
    "lib/profiles",
    "lib/mailboxes",
    "lib/runs",
    "lib/verify",
  ],
  "lib/search": ["lib/core", "lib/ports", "lib/ledger", "lib/catalog", "lib/mailboxes", "lib/reading"],
  "lib/export": [
    "lib/core",
    "lib/ports",
    "lib/pack",
    "lib/ledger",
    "lib/catalog",
    "lib/profiles",
    "lib/mailboxes",
    "lib/reading",
    "lib/heads",
    "lib/work",
  ],
  "lib/housekeeping": [
    "lib/core",
    "lib/ports",
    "lib/pack",
    "lib/ledger",
    "lib/catalog",
    "lib/mailboxes",
    "lib/reading",
    "lib/verify",
    "lib/work",
  ],
  "lib/audit": ["lib/core", "lib/ports"],
  "lib/preview": [
    "lib/core",
    "lib/ports",
    "lib/archive",
    "lib/catalog",
    "lib/cost",
    "lib/mailboxes",
    "lib/profiles",
    "lib/runs",
  ],
  "lib/reach": [
    "lib/access",
    "lib/core",
    "lib/faults",
    "lib/ports",
    "lib/archive",
    "lib/mailboxes",
    "lib/profiles",
    "lib/work",
  ],
  "lib/adapters/azure": ["lib/core", "lib/ports"],
  "lib/adapters/console": ["lib/core", "lib/ports"],
  "lib/adapters/graph": ["lib/core", "lib/ports"],
  // Exchange's door answers as Graph's does: tokens and broken connections mean the same.
  "lib/adapters/exchange": ["lib/core", "lib/ports", "lib/adapters/graph"],
  "lib/adapters/otlp": ["lib/core", "lib/ports"],
  "lib/adapters/memory": ["lib/core", "lib/ports"],
  "lib/adapters/system": ["lib/core", "lib/ports"],
  "lib/adapters/proxy": ["lib/core", "lib/ports"],
  "lib/adapters/tsa": ["lib/core", "lib/ports"],
  "lib/cost": [],
  // The list of rights is read by scripts too.
  "lib/access": ["lib/core", "lib/config.ts", "infra/rights.json"],
  "lib/open-tenant.ts": ["lib/*"],
  "lib/open-default.ts": ["lib/*"],
  "lib/edges.ts": ["lib/*"],
  "lib/runtime.ts": [],
  "lib/measure.ts": ["lib/core", "lib/ports", "lib/work"],
  "lib/health.ts": ["lib/core", "lib/access", "lib/edges.ts", "lib/heads", "lib/runtime.ts"],
  "lib/night.ts": [],
  "lib/background.ts": ["lib/*"],
  "lib/app.ts": ["lib/*"],
  "lib/api": ["lib/*"],
  functions: [
    "lib/adapters/console",
    "lib/app.ts",
    "lib/api",
    "lib/access",
    "lib/config.ts",
    "lib/core",
    "lib/faults",
    "lib/ports",
  ],
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
  undici: ["lib/adapters/graph", "lib/adapters/exchange", "lib/adapters/proxy"],
  croner: ["lib/schedule", "lib/local"],
  jose: ["lib/access"],
  pkijs: ["lib/adapters/tsa"],
  asn1js: ["lib/adapters/tsa"],
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

  it("what holds for a mailbox is asked of settingsFor", () => {
    // A run's and a sealed profile's values are closed to the compiler; this is for a profile as it came in.
    const pattern =
      /\bprofile\??\.(folders|filter|deletion|requestTimeoutSeconds)\b|[{,] *(folders|filter|deletion|requestTimeoutSeconds)\b[^{}()]*\}(: Pick<[^>]*>|: (Profile|ProfileInput))\b/;
    const workers = /^lib\/(archive|preview|reach|schedule|export|search)\//;
    const offenders = product.filter((file) => workers.test(file) && pattern.test(textOf(file)));
    expect(offenders, "seal the profile and read the settings of one mailbox (lib/profiles/settings.ts)").toEqual([]);
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

  /** A table, and the verifier that whoever runs it must be able to take away as one file. */
  const ofOnePiece = ["lib/faults/catalogue.ts", "lib/verify/mailkeep-verify.mjs"];

  it("files stay short enough to read", () => {
    const long = sources
      .map((file) => ({ file, lines: textOf(file).split("\n").length }))
      // The catalogue is one table and wants to be read as one.
      .filter(({ file, lines }) => lines > 320 && !ofOnePiece.includes(file));
    expect(long, "split along a seam of meaning").toEqual([]);
  });

  it("files say in their first line what they are for", () => {
    const silent = sources.filter((file) => !/^(\/\/|\/\*\*)/.test(textOf(file)) && !file.startsWith("lib/ports/"));
    expect(silent, "open with one to three lines of purpose").toEqual([]);
  });
});

describe("codes", () => {
  const product = sources.filter((file) => !/^lib\/(local|faults)\/|^lib\/config\.ts$/.test(file));
  const spelling = /"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"|^\s+([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): /gm;
  /** Of Node, undici and jose: translated before anybody sees them. */
  const foreign = /^(UND_)?ERR_|CERT|LEAF_SIGNATURE$/;
  const settings = textOf("lib/config.ts");
  const ownCodes = product
    .flatMap((file) =>
      [...textOf(file).matchAll(spelling)].map(([, quoted, key]) => ({ file, code: quoted ?? key ?? "" })),
    )
    .filter(({ code }) => !foreign.test(code) && !settings.includes(code));

  it("of ours are all explained", () => {
    expect(ownCodes.length).toBeGreaterThan(80);
    const unexplained = ownCodes.filter(({ code }) => catalogue[code] === undefined);
    expect(unexplained, "say in lib/faults/catalogue.ts what the code means and what mends it").toEqual([]);
  });

  it("of Graph that the error table knows are all explained", () => {
    const known = rules.flatMap(({ codes = [] }) => codes.map((code) => code.replace("*", "")));
    expect(known.filter((code) => explain(code) === undefined)).toEqual([]);
  });

  it("of Storage that have a meaning are all explained", () => {
    const known = [...textOf("lib/adapters/azure/errors.ts").matchAll(/^ {2}([A-Z]\w+): "/gm)].map(
      ([, code = ""]) => code,
    );
    expect(known.length).toBeGreaterThan(10);
    expect(known.filter((code) => explain(code) === undefined)).toEqual([]);
  });
});
