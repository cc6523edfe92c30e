// Registers every route of the table at the host.
import { app as functions, type HttpFunctionOptions, type HttpMethod } from "@azure/functions";
import { openSignIn } from "../../lib/access/sign-in.js";
import { methodsOf, type Route } from "../../lib/api/route.js";
import { routes } from "../../lib/api/routes.js";
import type { App, Edges } from "../../lib/app.js";
import type { Config } from "../../lib/config.js";
import { allCalls } from "./calls.js";
import { type Call, type DoorDeps, door } from "./door.js";
import { heardOut } from "./heard-out.js";
import { unknownRoute } from "./unknown.js";

type HttpEdges = Pick<Edges, "clock" | "log" | "random">;

export function registerHttp(app: App, config: Config, edges: HttpEdges): void {
  const deps = { ...edges, signIn: openSignIn(config.auth, edges) };
  for (const { name, ...options } of httpFunctions(app, deps)) functions.http(name, options);
}

export type HttpFunction = HttpFunctionOptions & { name: string };

/** One function for each route of the table, and one for everything else. */
export function httpFunctions(app: App, edges: Omit<DoorDeps, "audit">): HttpFunction[] {
  const deps = { ...edges, audit: app.audit };
  const calls = allCalls(app) as Record<string, Call<Route>>;
  const known = Object.entries<Route>(routes).map(([name, route]) => {
    const call = calls[name];
    if (call === undefined) throw new Error(`the route ${name} has no call`);
    const current = readerOf(route);
    const entry = { route, call, ...(current !== undefined && { current: calls[current] as Call<Route> }) };
    return { ...open(name, methodsOf(route), route.path), handler: heardOut(door(name, entry, deps)) };
  });
  return [...known, { ...open("unknown", everyMethod, "/{*path}"), handler: heardOut(unknownRoute(deps)) }];
}

/** What is changed only with the version that was read can be read: by the route that gives it. */
const readerOf = ({ needsIfMatch, path }: Route): string | undefined =>
  needsIfMatch === false
    ? undefined
    : Object.entries<Route>(routes).find(([, other]) => other.method === "GET" && other.path === path)?.[0];

/** The door asks for a token itself (lib/access): a function key would name nobody. */
const open = (name: string, methods: HttpMethod[], path: string) =>
  ({ name, methods, route: `v1${path}`, authLevel: "anonymous" }) as const;

const everyMethod: HttpMethod[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
