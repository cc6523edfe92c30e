// Holds a piece of Bicep against the shape that Azure describes, as a compiler would: names, words, kinds, what must be given.
import type { Node } from "web-tree-sitter";
import type { Shape } from "./azure/shape.js";
import { type Bicep, descendants, properties } from "./bicep.js";

/** What every resource may say besides its own properties; it never reaches Azure's type. */
const bicepsOwn = ["parent", "scope", "dependsOn"];

const kinds: Record<string, string> = { string: "string", number: "int", boolean: "bool" };

/** Every fault of the value, each with its place and the path of the property. */
export function faults(file: Bicep, value: Node, shape: Shape, path: string): string[] {
  const wrong = (why: string) => [`${file.file}:${value.startPosition.row + 1}: ${path} ${why}`];
  switch (value.type) {
    case "ternary_expression":
      return value.namedChildren.slice(1).flatMap((one) => (one === null ? [] : faults(file, one, shape, path)));
    case "for_statement":
      return descendants(value, "object")
        .slice(0, 1)
        .flatMap((body) => faults(file, body, element(shape), `${path}[]`));
    case "array":
      if (element(shape) === undefined) return wrong("is no array");
      return value.namedChildren.flatMap((one) =>
        one === null || one.type === "comment" ? [] : faults(file, one, element(shape), `${path}[]`),
      );
    case "object":
      return faultsOfObject(file, value, shape, path);
    case "identifier":
      return faultsOfName(file, value, shape, path);
    case "call_expression":
      return faultsOfCall(file, value, shape, path);
    case "null":
    case "member_expression":
    case "subscript_expression":
      return [];
    default:
      return faultsOfLiteral(value, shape).flatMap(wrong);
  }
}

function faultsOfObject(file: Bicep, value: Node, shape: Shape, path: string): string[] {
  const wrong = (at: Node, why: string) => `${file.file}:${at.startPosition.row + 1}: ${path} ${why}`;
  if (!isPlain(shape)) {
    if (typeof shape !== "object" || !("any" in shape)) return [wrong(value, "is no object")];
    const each = (shape as { any: Shape }).any;
    return [...properties(value)].flatMap(([name, one]) => faults(file, one, each, `${path}.${name}`));
  }
  const known = new Map(Object.entries(shape).map(([name, one]) => [name.replace("!", ""), one]));
  const given = [...properties(value)].filter(([name]) => !(path === "" && bicepsOwn.includes(name)));
  const missing = Object.keys(shape)
    .filter((name) => name.endsWith("!"))
    .filter((name) => !given.some(([one]) => `${one}!` === name));
  return [
    ...missing.map((name) => wrong(value, `lacks ${name.slice(0, -1)}`)),
    ...given.flatMap(([name, one]) => {
      const its = known.get(name);
      return its === undefined ? [wrong(one, `has no property ${name}`)] : faults(file, one, its, `${path}.${name}`);
    }),
  ];
}

/** A variable is looked through; a parameter is of the kind it declares. */
function faultsOfName(file: Bicep, value: Node, shape: Shape, path: string): string[] {
  const variable = file.values.get(value.text);
  if (variable !== undefined) return faults(file, variable, shape, path);
  const declared = file.params.get(value.text)?.type;
  const fits =
    declared === undefined ||
    (typeof shape === "string"
      ? declared === shape
      : Array.isArray(shape)
        ? declared === "string"
        : declared === "object" || declared === "array");
  return fits ? [] : [`${file.file}:${value.startPosition.row + 1}: ${path} takes no ${declared}`];
}

function faultsOfCall(file: Bicep, value: Node, shape: Shape, path: string): string[] {
  const name = value.namedChildren[0]?.text;
  const args = value.namedChildren[1]?.namedChildren.filter((one) => one !== null) ?? [];
  // Only these two put together what they are given; all others make a string here.
  if (name === "union" || name === "concat")
    return args.flatMap((one) => (one.type === "identifier" ? [] : faults(file, one, shape, path)));
  return shape === "string" ? [] : [`${file.file}:${value.startPosition.row + 1}: ${path} takes no result of ${name}`];
}

function faultsOfLiteral(value: Node, shape: Shape): string[] {
  const kind = kinds[value.type];
  if (Array.isArray(shape)) {
    const word = value.text.slice(1, -1);
    if (kind !== "string") return ["is no word"];
    return descendants(value, "interpolation").length > 0 || shape.includes(word) ? [] : [`may not be '${word}'`];
  }
  return kind === undefined || kind === shape ? [] : [`is a ${kind}`];
}

const element = (shape: Shape): Shape => (shape as { each: Shape }).each;

const isPlain = (shape: Shape): shape is { [property: string]: Shape } =>
  typeof shape === "object" && !Array.isArray(shape) && !("each" in shape) && !("any" in shape);
