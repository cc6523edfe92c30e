// Each resource against Azure's own description of its type, and what a compile would warn of.
import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import type { Node } from "web-tree-sitter";
import { faults } from "./against-types.js";
import { type Bicep, bicepFiles, descendants, properties, property, readBicep, usedNames } from "./bicep.js";
import { resourceTypes } from "./resource-types.js";

const all = bicepFiles.map((file) => readBicep(file));
const main = readBicep("main.bicep");

/** `a.b.c` as ["a", "b", "c"]; undefined where something else than a name is at the beginning. */
function chain(node: Node): string[] | undefined {
  if (node.type === "identifier") return [node.text];
  if (node.type !== "member_expression") return undefined;
  const [object, name] = node.namedChildren;
  const before = object == null ? undefined : chain(object);
  return before === undefined ? undefined : [...before, name?.text ?? ""];
}

/** Member expressions that no longer one contains. */
const reads = (file: Bicep) =>
  descendants(file.root, "member_expression")
    .filter((node) => node.parent?.type !== "member_expression")
    .flatMap((node) => {
      const names = chain(node);
      return names === undefined ? [] : [{ text: node.text, names }];
    });

describe.each(all)("$file", (file) => {
  it("declares only resources whose type was looked up", () => {
    expect(file.resources.map(({ type }) => type).filter((type) => resourceTypes[type] === undefined)).toEqual([]);
  });

  it("gives each resource what its type takes, and all it must have", () => {
    const found = file.resources
      .filter(({ existing }) => !existing)
      .flatMap(({ type, body }) => faults(file, body, resourceTypes[type]?.body ?? {}, ""));
    expect(found).toEqual([]);
  });

  it("reads of a resource what it has", () => {
    const wrong = reads(file).filter(({ names: [first, ...rest] }) => {
      const resource = file.resources.find(({ name }) => name === first);
      if (resource === undefined || rest.length === 0 || ["id", "name"].includes(rest.join("."))) return false;
      return !resourceTypes[resource.type]?.reads?.includes(rest.join("."));
    });
    expect(wrong.map(({ text }) => text)).toEqual([]);
  });

  it("says that it knows better where a module may be absent", () => {
    // Without the exclamation mark a compile warns of every one of these (BCP318), also behind a condition.
    const maybe = [...file.modules, ...file.resources].filter(({ conditional }) => conditional).map(({ name }) => name);
    const unsure = reads(file).filter(({ text, names: [first = "", ...rest] }) => {
      const isFixed = ["id", "name", "type", "apiVersion"].includes(rest[0] ?? "");
      return maybe.includes(first) && !isFixed && !text.startsWith(`${first}!.`);
    });
    expect(unsure.map(({ text }) => text)).toEqual([]);
  });

  it("gives modules values of the type they ask for", () => {
    for (const { name, path, params } of file.modules) {
      const target = readBicep(posix.join(posix.dirname(file.file), path));
      for (const [key, value] of properties(params)) {
        const wanted = target.params.get(key)?.type ?? "";
        const given = value.type === "identifier" ? (file.params.get(value.text)?.type ?? wanted) : wanted;
        expect(given, `${name}: ${key}`).toBe(wanted);
        if (value.type === "string") expect(wanted, `${name}: ${key}`).toBe("string");
      }
    }
  });

  it("names no host of one cloud that Azure can name itself", () => {
    // The list of the linter's rule no-hardcoded-env-urls.
    const hosts =
      /(management\.(azure|core\.windows)|gallery\.azure|graph\.windows|login\.microsoftonline|core\.windows|database\.windows|vault\.azure|batch\.core|region\.asazure|api\.loganalytics|trafficmanager|azuredatalake(store|analytics))\.(com|net|io)/;
    const strings = descendants(file.root, "string").map(({ text }) => text);
    expect(strings.filter((text) => hosts.test(text))).toEqual([]);
  });

  it("says of a parameter that is called after a secret that it holds none", () => {
    // The linter's rule secure-secrets-in-params goes by the name alone.
    const named = [...file.params.keys()].filter((name) => /password|pwd|secret|accountkey|acctkey/i.test(name));
    for (const name of named)
      expect(file.text).toMatch(new RegExp(`^#disable-next-line secure-secrets-in-params .*\\nparam ${name} `, "m"));
  });

  it("spells out only what does not follow by itself", () => {
    for (const { name, node } of [...file.modules, ...file.resources]) {
      const body = descendants(node, "object")[0];
      const said = property(body, "dependsOn")?.namedChildren.map((one) => one?.text ?? "") ?? [];
      const others = [...properties(body)].filter(([key]) => key !== "dependsOn").map(([, value]) => value);
      const used = new Set(others.flatMap((value) => [...usedNames(value)]));
      expect(
        said.filter((one) => used.has(one)),
        name,
      ).toEqual([]);
    }
  });
});

describe("names", () => {
  /** The longest that a name can become: uniqueString() has 13 characters. */
  function longest(file: Bicep, value: Node): string {
    if (value.type === "identifier") {
      const made = file.values.get(value.text);
      if (made?.type === "call_expression" && made.text.startsWith("uniqueString(")) return "a1b2c3d4e5f6g";
      if (made !== undefined) return longest(file, made);
      const resource = file.resources.find(({ name }) => name === value.text);
      if (resource !== undefined) return "a".repeat(32);
      const given = main.modules
        .filter(({ path }) => path === file.file)
        .map(({ params }) => property(params, value.text))
        .find((one) => one !== undefined);
      return given === undefined ? "a".repeat(32) : longest(main, given);
    }
    if (value.type === "ternary_expression") return longest(file, value.namedChildren[1] as Node);
    if (value.type === "member_expression") {
      // The loops go over lists of this file, whose entries have a `name`.
      const names = [...file.text.matchAll(/\bname: '([\w-]+)'/g)].map(([, one = ""]) => one);
      return names.sort((a, b) => b.length - a.length)[0] ?? "";
    }
    return value.namedChildren
      .map((part) =>
        part?.type === "interpolation" ? longest(file, part.namedChildren[0] as Node) : (part?.text ?? ""),
      )
      .join("");
  }

  const named = all.flatMap((file) =>
    file.resources
      .filter(({ existing, type }) => !existing && resourceTypes[type]?.name !== undefined)
      // Zones are called after Azure's own suffixes.
      .filter(({ type }) => !type.startsWith("Microsoft.Network/privateDnsZones@"))
      .map(({ name, type, body }) => ({
        symbol: `${file.file} ${name}`,
        name: longest(file, property(body, "name") as Node),
        rule: resourceTypes[type]?.name as RegExp,
      })),
  );

  it.each(named)("$symbol: $name", ({ name, rule }) => expect(name).toMatch(rule));
});
