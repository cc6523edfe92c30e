import { describe, expect, it } from "vitest";
import { isNewEnough, pinnedNodePath, stepsFor, whyInstall } from "../../../lib/local/bootstrap-plan.mjs";

const lock = {
  packages: {
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/maybe": { version: "1.0.0", optional: true },
    "node_modules/elsewhere": { version: "1.0.0", os: ["darwin"] },
  },
};
const found = {
  lockHash: "h1",
  rememberedHash: "h1",
  lock,
  installed: { packages: { "node_modules/a": { version: "1.0.0" } } },
  platform: { os: "linux", cpu: "x64" },
};

describe("packages are installed", () => {
  it.each([
    ["not when nothing changed since the last time", {}, undefined],
    ["when there are none", { installed: undefined }, /nothing/],
    ["when the lock file has changed", { lockHash: "h2", installed: { packages: {} } }, /changed/],
    ["not when npm already brought what the changed lock file says", { lockHash: "h2" }, undefined],
    ["not when npm was run by hand and brought what is locked", { rememberedHash: undefined }, undefined],
    ["when a package is missing", { rememberedHash: undefined, installed: { packages: {} } }, /not the locked/],
    [
      "when a package has another version",
      { rememberedHash: undefined, installed: { packages: { "node_modules/a": { version: "2.0.0" } } } },
      /not the locked/,
    ],
    ["when they are for another machine", { rememberedHash: undefined, platform: { os: "darwin", cpu: "x64" } }, /not/],
  ])("%s", (_, change, expected) => {
    const why = whyInstall({ ...found, ...change });
    if (expected === undefined) expect(why).toBeUndefined();
    else expect(why).toMatch(expected);
  });
});

describe("the Node to run on", () => {
  it.each([
    ["24.0.0", true],
    ["22.19.0", true],
    ["22.18.9", false],
    ["20.20.2", false],
  ])("%s can stand in for the pinned one: %s", (version, expected) => {
    expect(isNewEnough(version)).toBe(expected);
  });

  it("is a program of the platform", () => {
    expect([pinnedNodePath("linux"), pinnedNodePath("win32")].map((path) => path.split("/").at(-1))).toEqual([
      "node",
      "node.exe",
    ]);
  });
});

describe("a command", () => {
  it("builds before it starts the product, and hands the arguments over", () => {
    const steps = stepsFor("start", ["--once"]);
    expect(steps?.map(({ script }) => script)).toEqual(["node_modules/typescript/bin/tsc", "dist/lib/local/main.js"]);
    expect(steps?.[0]).toMatchObject({ quiet: true });
    expect(steps?.[1]).toMatchObject({ args: ["--once"], watched: true });
  });

  it("is only one of the four", () => {
    expect(["start", "test", "check", "bench"].map((name) => stepsFor(name, [])?.length)).toEqual([2, 3, 3, 2]);
    expect([stepsFor("deploy", []), stepsFor(undefined, [])]).toEqual([undefined, undefined]);
  });
});
