// Finds the route of a path; `users('x')` and `users/x` are the same to Graph.
import type { Route } from "./call.js";

export interface Found {
  route: Route;
  /** `GET /users/{user}/mailFolders`. */
  name: string;
  places: Record<string, string>;
}

interface Compiled {
  route: Route;
  name: string;
  segments: string[];
}

export class Router {
  private readonly bySize = new Map<string, Compiled[]>();

  constructor(routes: Route[]) {
    for (const route of routes) {
      const segments = route.template.split("/").slice(1);
      const key = `${route.method} ${segments.length}`;
      const compiled = { route, name: `${route.method} ${route.template}`, segments };
      this.bySize.set(key, [...(this.bySize.get(key) ?? []), compiled]);
    }
  }

  /** `path` begins after `/v1.0`; undefined when no route answers it, or its percent-encoding is broken. */
  find(method: string, path: string): Found | undefined {
    const segments = split(path);
    if (!segments) return undefined;
    for (const { route, name, segments: wanted } of this.bySize.get(`${method} ${segments.length}`) ?? []) {
      const places = matched(wanted, segments);
      if (places) return { route, name, places };
    }
    return undefined;
  }
}

function split(path: string): string[] | undefined {
  const plain = path.includes("('") ? path.replace(/\('([^']*)'\)/g, "/$1") : path;
  try {
    return plain.split("/").slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function matched(wanted: string[], segments: string[]): Record<string, string> | undefined {
  const places: Record<string, string> = {};
  for (const [i, want] of wanted.entries()) {
    const have = segments[i] ?? "";
    if (want.startsWith("{")) {
      // A place never takes what only an action or a literal can be.
      if (have === "" || have === "delta" || have.startsWith("$")) return undefined;
      places[want.slice(1, -1)] = have;
    } else if (want.toLowerCase() !== have.toLowerCase()) return undefined;
  }
  return places;
}
