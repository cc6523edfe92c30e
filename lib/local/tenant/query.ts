// The OData options the sample tenant understands; anything else is refused, as Graph does.
import { refuse } from "./answer.js";

export interface ListOptions {
  top: number;
  skip: number;
}

/** `$top` and `$skip` of a mail list. Default 10, at most 1,000 (facts/graph.md C.1, D.10). */
export function listOptions(query: URLSearchParams): ListOptions {
  const top = wholeNumber(query, "$top") ?? 10;
  if (top < 1) refuse(400, "BadRequest", `Invalid value '${top}' for $top query option found.`);
  if (top > 1000) {
    refuse(400, "ErrorInvalidRequest", `The limit of '1000' for Top query has been exceeded. The value is '${top}'.`);
  }
  return { top, skip: wholeNumber(query, "$skip") ?? 0 };
}

export function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,9}$/.test(text)) refuse(400, "BadRequest", `Invalid value '${text}' for ${name} query option found.`);
  return Number(text);
}

/** The names in `$select`, each checked against the type; undefined without `$select`. */
export function selected(query: URLSearchParams, known: ReadonlySet<string>, type: string): string[] | undefined {
  const text = query.get("$select");
  if (text === null || text === "") return undefined;
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) {
    refuse(
      400,
      "BadRequest",
      `Parsing OData Select and Expand failed: Could not find a property named '${unknown}' on type '${type}'.`,
    );
  }
  return names;
}

/** By tag, or named: a property set with a name or a number in it. */
const extendedId =
  /^id\s+eq\s+'((?:Integer|Long|String|SystemTime|Boolean|Binary|Short|Double|CLSID) (?:0x[0-9a-f]{1,8}|\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\} (?:Name [^']{1,120}|Id 0x[0-9a-f]{1,8})))'$/i;

/**
 * The extended properties that `$expand` asks for, by their ids (facts/graph.md D.6); undefined without `$expand`. They must
 * be named in a filter, joined by `or`; nothing else of a message can be expanded here.
 */
export function expanded(query: URLSearchParams, type: string): string[] | undefined {
  const text = query.get("$expand");
  if (text === null || text === "") return undefined;
  const found = /^(\w+)(?:\((.*)\))?$/.exec(text.trim());
  if (found?.[1] !== "singleValueExtendedProperties") {
    const name = found?.[1] ?? text;
    refuse(
      400,
      "BadRequest",
      `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type '${type}'.`,
    );
  }
  const filter = /^\s*\$filter\s*=\s*(.+)$/.exec(found?.[2] ?? "")?.[1];
  if (filter === undefined)
    refuse(400, "ErrorInvalidUrlQueryFilter", "Extended properties must be filtered by their ids in $expand.");
  return (filter ?? "").split(/\s+or\s+(?=id\s)/).map((clause) => {
    const id = extendedId.exec(clause.trim())?.[1];
    return id ?? refuse(400, "ErrorInvalidProperty", `The extended property ID is invalid: ${clause}`);
  });
}

export type Literal = string | number | boolean;
export interface Comparison {
  property: string;
  operator: "eq" | "ne" | "ge" | "gt" | "le" | "lt";
  literal: Literal;
}

const comparison = /^(\w+)\s+(eq|ne|ge|gt|le|lt)\s+('(?:[^']|'')*'|[^\s']+)$/;
const anyAddress = /^proxyAddresses\/any\((\w+):\s*\1\s+eq\s+'((?:[^']|'')*)'\)$/i;

/** A filter of comparisons joined by `and`; anything else is refused. */
export function comparisons(filter: string): Comparison[] {
  return filter.split(/\s+and\s+/).map((clause) => parseComparison(clause.trim()));
}

function parseComparison(clause: string): Comparison {
  const address = anyAddress.exec(clause);
  if (address) return { property: "proxyAddresses", operator: "eq", literal: unquote(`'${address[2]}'`) };
  const found = comparison.exec(clause);
  if (!found) return refuse(400, "BadRequest", `Invalid filter clause: ${clause}`);
  const [, property = "", operator = "eq", literal = ""] = found;
  return { property, operator: operator as Comparison["operator"], literal: unquote(literal) };
}

function unquote(text: string): Literal {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (text === "true" || text === "false") return text === "true";
  return text;
}

export function compares(value: Literal | undefined, { operator, literal }: Comparison): boolean {
  if (value === undefined) return operator === "ne";
  const left = typeof value === "string" ? value.toLowerCase() : value;
  const right = typeof literal === "string" ? literal.toLowerCase() : literal;
  if (operator === "eq") return left === right;
  if (operator === "ne") return left !== right;
  if (operator === "ge") return left >= right;
  if (operator === "gt") return left > right;
  return operator === "le" ? left <= right : left < right;
}

/** One value of the Prefer header, e.g. `odata.maxpagesize`; quotes are dropped. */
export function preference(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? "").split(/[,;]/)) {
    const [key, value = ""] = part.split("=", 2);
    if (key?.trim().toLowerCase() === name.toLowerCase()) return value.trim().replaceAll('"', "");
  }
  return undefined;
}

/** A query with one option changed, spelled as Graph spells it in its links. */
export function linkQuery(query: URLSearchParams, option: string, value: string): string {
  const next = new URLSearchParams(query);
  next.set(option, value);
  return next.toString().replaceAll("%24", "$").replaceAll("%2C", ",");
}
