import { describe, expect, it } from "vitest";
import { compileRoute } from "../../../lib/local/routes.js";

describe("a route", () => {
  it.each([
    ["v1/health", "v1/Health", {}],
    ["v1/health", "v1/health/x", undefined],
    ["v1/runs/{id}", "v1/runs", undefined],
    ["v1/runs/{id}", "v1/runs/r_1", { id: "r_1" }],
    ["v1/runs/{id}", "v1/runs/a%20b", { id: "a b" }],
    ["v1/runs/{id}", "v1/runs/a%2Fb", { id: "a%2Fb" }],
    ["v1/runs/{id?}", "v1/runs", {}],
    ["n/{n:int}", "n/12", { n: "12" }],
    ["n/{n:int}", "n/x", undefined],
    ["n/{n:range(1,9)}", "n/10", undefined],
    ["n/{n:length(2):alpha}", "n/ab", { n: "ab" }],
    ["n/{n:length(2):alpha}", "n/a1", undefined],
    ["g/{g:guid}", "g/00000003-0000-0000-c000-000000000000", { g: "00000003-0000-0000-c000-000000000000" }],
    ["f/{*rest}", "f/a/b", { rest: "a/b" }],
  ])("%s and the path %s", (template, path, expected) => {
    expect(compileRoute(template).match(path)).toEqual(expected);
  });

  it("with a literal comes before one with a parameter, a catch-all last", () => {
    const templates = ["{*all}", "v1/{id}", "v1/{id:int}", "v1/health"];
    const sorted = templates.toSorted((a, b) => (compileRoute(a).rank < compileRoute(b).rank ? -1 : 1));
    expect(sorted).toEqual(["v1/health", "v1/{id:int}", "v1/{id}", "{*all}"]);
  });

  it.each(["v1/{id:odd}", "v1/{id", "v1/x{id}"])("that cannot be hosted is named: %s", (template) => {
    expect(() => compileRoute(template)).toThrow(/not supported/);
  });
});
