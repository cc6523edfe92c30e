// Reads Bicep files with a real grammar, as far as the tests ask: symbols, parameters, modules, resources, outputs.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Language, type Node, Parser } from "web-tree-sitter";

export const infra = join(import.meta.dirname, "../../infra");

export const bicepFiles = readdirSync(infra, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".bicep"))
  .map((file) => file.replaceAll("\\", "/"))
  .sort();

const grammar = createRequire(import.meta.url).resolve("tree-sitter-bicep/tree-sitter-bicep.wasm");
await Parser.init();
const language = await Language.load(grammar);

export interface Declared {
  name: string;
  node: Node;
}

export interface Bicep {
  file: string;
  text: string;
  root: Node;
  /** Parameters, their type, and whether a caller must give a value. */
  params: Map<string, { required: boolean; type: string }>;
  variables: string[];
  /** What each variable is. */
  values: Map<string, Node>;
  outputs: string[];
  /** Symbol, type with API version, body; `conditional` ones may not be there. */
  resources: (Declared & { type: string; body: Node; existing: boolean; conditional: boolean })[];
  /** Symbol, path as written, and the object the caller gives as `params`. */
  modules: (Declared & { path: string; params: Node | undefined; conditional: boolean })[];
}

export function readBicep(file: string): Bicep {
  const text = readFileSync(join(infra, file), "utf8");
  const parser = new Parser();
  parser.setLanguage(language);
  // The grammar is older than `extension`; the line becomes a comment of the same length.
  const known = text.replace(/^extension \w+$/m, (line) => line.replace(/^../, "//"));
  const tree = parser.parse(known);
  if (tree === null) throw new Error(`${file} cannot be read`);
  const root = tree.rootNode;
  const top = (type: string) => root.namedChildren.filter((node) => node?.type === type);
  return {
    file,
    text,
    root,
    params: new Map(
      top("parameter_declaration").map((node) => [
        nameOf(node),
        { required: !node.text.includes("="), type: node.namedChildren[1]?.text ?? "" },
      ]),
    ),
    variables: top("variable_declaration").map(nameOf),
    values: new Map(
      top("variable_declaration").flatMap((node) => {
        const value = node.namedChildren[1];
        return value == null ? [] : [[nameOf(node), value] as const];
      }),
    ),
    outputs: top("output_declaration").map(nameOf),
    resources: top("resource_declaration").map((node) => {
      const body = descendants(node, "object")[0];
      if (body === undefined) throw new Error(`${file}: ${nameOf(node)} has no body`);
      const head = node.text.slice(0, node.text.indexOf("{"));
      return {
        name: nameOf(node),
        node,
        type: stringOf(node.namedChildren[1]),
        body,
        existing: / existing =/.test(head),
        conditional: isConditional(node),
      };
    }),
    modules: top("module_declaration").map((node) => ({
      name: nameOf(node),
      node,
      path: stringOf(node.namedChildren[1]),
      params: property(descendants(node, "object")[0], "params"),
      conditional: isConditional(node),
    })),
  };
}

const isConditional = (node: Node): boolean => descendants(node, "if_statement").length > 0;

const nameOf = (node: Node): string => node.namedChildren[0]?.text ?? "";
const stringOf = (node: Node | null | undefined): string => node?.text.replace(/^'|'$/g, "") ?? "";

/** All nodes of a type below this one, outermost first. */
export function descendants(node: Node, type: string): Node[] {
  return node.namedChildren.flatMap((child) =>
    child === null ? [] : [...(child.type === type ? [child] : []), ...descendants(child, type)],
  );
}

/** The names and values of an object's own properties. */
export function properties(object: Node | undefined): Map<string, Node> {
  const own = object?.namedChildren.filter((child) => child?.type === "object_property") ?? [];
  return new Map(
    own.map((entry) => {
      const [key, value] = entry.namedChildren;
      if (key == null || value == null) throw new Error(`a property without a value: ${entry.text}`);
      return [stringOf(key), value];
    }),
  );
}

/** The value at a path of property names. */
export function property(object: Node | undefined, ...path: string[]): Node | undefined {
  return path.reduce<Node | undefined>((node, name) => properties(node).get(name), object);
}

/** Names this text uses as values: not property names, not what stands in strings. */
export function usedNames(node: Node): Set<string> {
  const names = new Set<string>();
  const visit = (at: Node) => {
    for (const [i, child] of at.namedChildren.entries()) {
      if (child === null) continue;
      const isKey = at.type === "object_property" && i === 0;
      const isDeclared = /_declaration$/.test(at.type) && i === 0;
      if (child.type === "identifier" && !isKey && !isDeclared) names.add(child.text);
      visit(child);
    }
  };
  visit(node);
  return names;
}
