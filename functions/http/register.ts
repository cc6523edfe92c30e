// Registers every route of the table at the host.
import { app as functions, type HttpMethod } from "@azure/functions";
import { openSignIn } from "../../lib/access/sign-in.js";
import type { Route } from "../../lib/api/route.js";
import { routes } from "../../lib/api/routes.js";
import type { App, Edges } from "../../lib/app.js";
import type { Config } from "../../lib/config.js";
import { allCalls } from "./calls.js";
import { type Call, door } from "./door.js";

export function registerHttp(app: App, config: Config, edges: Pick<Edges, "clock" | "log" | "random">): void {
  const deps = { ...edges, signIn: openSignIn(config.auth, edges) };
  const calls = allCalls(app, config) as Record<string, Call<Route>>;
  for (const [name, route] of Object.entries<Route>(routes)) {
    const call = calls[name];
    if (call === undefined) throw new Error(`the route ${name} has no call`);
    functions.http(name, {
      methods: [route.method as HttpMethod],
      route: `v1${route.path}`,
      // The door asks for a token itself (lib/access): a function key would name nobody.
      authLevel: "anonymous",
      handler: door(route, call, deps),
    });
  }
}
