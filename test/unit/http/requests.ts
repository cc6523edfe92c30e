// A well-formed request of any route in the table, so that a test can walk all of them.
import type { Route } from "../../../lib/api/route.js";
import { routes as table } from "../../../lib/api/routes.js";
import type { Answered, Ask } from "./an-api.js";

export const routes: Record<string, Route> = table;

const ids: Record<string, string> = { key: "0".repeat(32), number: "1", hash: "0".repeat(64) };
const idOf = (path: string) =>
  path.startsWith("/runs")
    ? "r_0000000000000_00000000"
    : path.startsWith("/profiles")
      ? "p_0000000000000000"
      : path.startsWith("/verify")
        ? "v_0000000000000_00000000"
        : path.startsWith("/heads")
          ? "2020-01-01"
          : path.startsWith("/exports")
            ? "e_0000000000000_00000000"
            : path.startsWith("/housekeeping")
              ? "h_0000000000000_00000000"
              : path.startsWith("/schedules")
                ? "s_0000000000000000"
                : "nobody";

const bodies: Record<string, object> = {
  "/connections/{id}": { tenantId: "contoso.example", identity: { kind: "managedIdentity" } },
  "/schedules": { name: "Nightly", cron: "0 0 1 * * *" },
  "/schedules/{id}": { name: "Nightly", cron: "0 0 1 * * *" },
  "/verify": {},
  "/housekeeping": { kind: "orphans" },
  "/profiles/test": { mailboxes: { mode: "all" } },
  "/profiles/{id}/test": {},
  "/profiles/preview": { mailboxes: { mode: "all" } },
  "/exports": { format: "mbox", profile: "p_0000000000000000" },
};

/** `known`: the ids of a mailbox and of a message in it; by default nothing is there. */
export function wellFormed(
  ask: Ask,
  route: Route,
  authorization: string | undefined,
  known?: { id: string; key: string },
): Promise<Answered> {
  const real = route.path.startsWith("/mailboxes") ? { ...known } : {};
  const named: Record<string, string | undefined> = { ...ids, ...real };
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => named[name] ?? idOf(route.path));
  const headers = { ...(authorization !== undefined && { authorization }), "if-match": '"1"' };
  const body = bodies[route.path] ?? { name: "All", mailboxes: { mode: "all" } };
  const takes = route.method === "PUT" || ["/profiles", ...Object.keys(bodies)].includes(route.path);
  const query = route.path === "/search" ? "?q=invoice" : "";
  return ask(route.method, `${path}${query}`, { headers, ...(takes && route.method !== "GET" && { body }) });
}
