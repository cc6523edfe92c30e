// Route templates as functions write them ({id}, {id:int}, {name?}, {*rest}) matched against request paths.

export interface Route {
  /** Most specific first when sorted ascending. */
  rank: string;
  /** The parameters if the path fits, else undefined. `path` is without the prefix and without a leading slash. */
  match(path: string): Record<string, string> | undefined;
}

interface Segment {
  literal?: string;
  parameter?: {
    name: string;
    optional: boolean;
    catchAll: boolean;
    constrained: boolean;
    fits: (value: string) => boolean;
  };
}

/** @throws Error for parts of the template syntax that are not supported here. */
export function compileRoute(template: string): Route {
  const segments = template.split("/").filter(Boolean).map(compileSegment);
  return {
    rank: segments.map(rankOf).join(""),
    match: (path) => matchSegments(segments, path === "" ? [] : path.split("/")),
  };
}

function compileSegment(text: string): Segment {
  if (!/[{}]/.test(text)) return { literal: text.toLowerCase() };
  const match = /^\{(\*{0,2})([A-Za-z_][A-Za-z0-9_-]*)((?::[a-z]+(?:\(.*?\))?)*)(\??)\}$/.exec(text);
  if (match === null) throw new Error(`the route segment ${text} is not supported`);
  const [, stars = "", name = "", constraints = "", question = ""] = match;
  const checks = [...constraints.matchAll(/:([a-z]+)(?:\((.*?)\))?/g)].map(([, kind = "", argument = ""]) =>
    constraint(kind, argument),
  );
  return {
    parameter: {
      name,
      optional: question === "?",
      catchAll: stars !== "",
      constrained: checks.length > 0,
      fits: (value) => checks.every((check) => check(value)),
    },
  };
}

/** ASP.NET Core's route constraints, as far as functions use them. */
function constraint(kind: string, argument: string): (value: string) => boolean {
  const [first = 0, second = first] = argument.split(",").map(Number);
  const whole = /^-?\d+$/;
  switch (kind) {
    case "int":
    case "long":
      return (value) => whole.test(value);
    case "bool":
      return (value) => /^(true|false)$/i.test(value);
    case "guid":
      return (value) => /^\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i.test(value);
    case "alpha":
      return (value) => /^[a-z]*$/i.test(value);
    case "length":
      return (value) => value.length >= first && value.length <= second;
    case "minlength":
      return (value) => value.length >= first;
    case "maxlength":
      return (value) => value.length <= first;
    case "min":
      return (value) => whole.test(value) && Number(value) >= first;
    case "max":
      return (value) => whole.test(value) && Number(value) <= first;
    case "range":
      return (value) => whole.test(value) && Number(value) >= first && Number(value) <= second;
    default:
      throw new Error(`the route constraint ${kind} is not supported`);
  }
}

function rankOf({ literal, parameter }: Segment): string {
  if (literal !== undefined) return "1";
  if (parameter?.catchAll) return "5";
  if (parameter?.optional) return "4";
  return parameter?.constrained ? "2" : "3";
}

function matchSegments(segments: Segment[], parts: string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [at, { literal, parameter }] of segments.entries()) {
    const part = parts[at];
    if (parameter?.catchAll) {
      params[parameter.name] = decode(parts.slice(at).join("/"));
      return params;
    }
    if (part === undefined || part === "") {
      if (!parameter?.optional) return undefined;
    } else if (parameter === undefined) {
      if (decode(part).toLowerCase() !== literal) return undefined;
    } else {
      const value = decode(part);
      if (!parameter.fits(value)) return undefined;
      params[parameter.name] = value;
    }
  }
  return parts.length > segments.length ? undefined : params;
}

/** Decodes a path segment; an encoded slash stays encoded, as in ASP.NET Core. @throws URIError for malformed escapes. */
function decode(part: string): string {
  return part
    .split(/(%2f)/i)
    .map((piece) => (/^%2f$/i.test(piece) ? piece : decodeURIComponent(piece)))
    .join("");
}
