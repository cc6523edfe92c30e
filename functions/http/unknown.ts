// What no route answers: 404, or 405 with the methods that the path takes.
import type { HttpHandler } from "@azure/functions";
import { Refusal } from "../../lib/api/problem.js";
import { apiRoot, methodsOf, type Route } from "../../lib/api/route.js";
import { routes } from "../../lib/api/routes.js";
import { type DoorDeps, problemFor } from "./door.js";
import { nobody, witnessRefusal } from "./witness.js";

export function unknownRoute(deps: DoorDeps): HttpHandler {
  return async (request) => {
    const visit = { action: "unknown", request: deps.random.hex(16), subject: nobody };
    try {
      await deps.signIn(request);
      throw refusal(request.method, new URL(request.url).pathname);
    } catch (error) {
      await witnessRefusal(visit, request, { error, audit: deps.audit });
      return problemFor(error, request, { ...deps, name: "unknown" });
    }
  };
}

function refusal(method: string, path: string): Refusal {
  const methods = Object.values<Route>(routes)
    .filter((route) => pathOf(route).test(path))
    .flatMap(methodsOf);
  if (methods.length === 0)
    return new Refusal(404, "ROUTE_NOT_FOUND", "this API has no such path; see /api/v1/openapi.json");
  const allow = methods.join(", ");
  return new Refusal(405, "METHOD_NOT_ALLOWED", `this path takes ${allow}, not ${method}`, { headers: { allow } });
}

const pathOf = ({ path }: Route): RegExp =>
  new RegExp(`^${apiRoot}${path.replaceAll(".", "\\.").replaceAll(/\{[^}]+\}/g, "[^/]+")}/?$`, "i");
