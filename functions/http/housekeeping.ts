// Housekeeping at the door.
import type { housekeepingRoutes } from "../../lib/api/housekeeping.js";
import { asList, pageRequest } from "../../lib/api/list.js";
import { apiRoot, type Calls } from "../../lib/api/route.js";
import type { App } from "../../lib/app.js";

type Piece = Awaited<ReturnType<App["housekeeping"]["get"]>>;
type Item = Awaited<ReturnType<App["housekeeping"]["items"]>>["value"][number];

export function housekeepingCalls({ housekeeping }: Pick<App, "housekeeping">): Calls<typeof housekeepingRoutes> {
  const located = (piece: Piece) => ({ json: shown(piece), location: `${apiRoot}/housekeeping/${piece.id}` });
  return {
    async startHousekeeping({ body }) {
      return located(await housekeeping.request(body));
    },
    async listHousekeeping({ query, url }) {
      return { json: asList(await housekeeping.list(pageRequest(query)), url, shown) };
    },
    async getHousekeeping({ params }) {
      return { json: shown(await housekeeping.get(params.id)) };
    },
    async listHousekeepingItems({ params, query, url }) {
      return { json: asList(await housekeeping.items(params.id, pageRequest(query)), url, shownItem) };
    },
    async cancelHousekeeping({ params }) {
      return located(await housekeeping.cancel(params.id));
    },
  };
}

function shown(piece: Piece) {
  const { id, kind, dryRun, graceDays, status, requestedAt, kept, truncated, found } = piece;
  return {
    id,
    kind,
    dryRun,
    plan: piece.plan ?? null,
    graceDays,
    status,
    requestedAt,
    startedAt: piece.startedAt ?? null,
    endedAt: piece.endedAt ?? null,
    resumeAt: (status === "waiting" && piece.resumeAt) || null,
    planned: dryRun ? found : null,
    removed: dryRun || kind !== "orphans" ? null : found,
    joined: dryRun || kind !== "repack" ? null : found,
    regrown: dryRun || kind !== "regrow" ? null : found,
    made: kind === "repack" ? piece.made : null,
    kept,
    truncated,
    problem: piece.problem ?? null,
  };
}

function shownItem({ kind, name, size, why, state, detail, ...rest }: Item) {
  const { lastModified = null, packs = null, into = null, messages = null } = rest;
  const told = { packs, into, messages, why, state: state as "planned", detail: detail || null };
  return { kind, name, size, lastModified, ...told };
}
