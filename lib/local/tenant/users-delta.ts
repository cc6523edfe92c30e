// GET /users/delta (facts/graph.md B.5): a link that says everything once, then links that tell what became of people.
import { type Answer, json, refuse } from "./answer.js";
import type { Call, Route } from "./call.js";
import { resyncAnswer } from "./delta.js";
import { selected } from "./query.js";
import { userJson, userProperties } from "./user-routes.js";

/** Links of the directory live seven days. */
const lifetimeMs = 7 * 86_400_000;
const usualPageSize = 100;
const largestPageSize = 999;

interface Round {
  /** The end of the round, fixed by its first request. */
  upTo: number;
  /** Undefined: from the beginning, told without removals. */
  since?: number;
  skip: number;
  generation: number;
  issuedAt: number;
  select?: string[];
}

export const usersDelta: Route = { method: "GET", template: "/users/delta", scope: "directory", answer };

function answer(call: Call): Answer {
  const { state, query, path, maxPageSize } = call;
  const { directory, faults } = state;
  const habits = faults.settings.delta;
  const token = query.get("$skiptoken") ?? query.get("$deltatoken");
  const round = token === null || token === "latest" ? firstRound(call) : read(token);
  const lifetime = habits.tokenLifetimeMs ?? lifetimeMs;
  if (round.generation !== directory.generation || state.now().getTime() - round.issuedAt > lifetime)
    return resyncAnswer(habits.resyncShape, `${state.origin}${path}`);
  const items = token === "latest" ? [] : told(call, round);
  const size = Math.min(maxPageSize ?? usualPageSize, largestPageSize);
  const end = round.skip + size;
  const more = end < items.length;
  const next: Round = more
    ? { ...round, skip: end }
    : { ...round, skip: 0, since: round.upTo, upTo: round.upTo, issuedAt: state.now().getTime() };
  const kind = more ? "skip" : "delta";
  const link = `${state.origin}${path}?$${kind}token=${Buffer.from(JSON.stringify({ users: { ...next, kind } })).toString("base64url")}`;
  return json({
    "@odata.context": `${state.origin}/v1.0/$metadata#users`,
    [more ? "@odata.nextLink" : "@odata.deltaLink"]: link,
    value: items.slice(round.skip, end),
  });
}

function firstRound({ state, query }: Call): Round {
  for (const option of ["$top", "$expand", "$orderby", "$search"])
    if (query.has(option))
      refuse(400, "Request_UnsupportedQuery", `'${option}' is not supported with change tracking.`);
  const select = selected(query, userProperties, "microsoft.graph.user");
  const { head, generation } = state.directory;
  return { upTo: head, skip: 0, generation, issuedAt: state.now().getTime(), ...(select && { select }) };
}

function read(token: string): Round {
  try {
    const { users } = JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as {
      users?: Round & { kind: string };
    };
    if (users !== undefined) return users;
  } catch {
    // Falls through to the same refusal as a token of another kind.
  }
  return refuse(400, "Directory_ExpiredPageToken", "The specified page token value has expired.");
}

/** A round from a delta link ends now; its pages all end where the first one did. */
function told({ state }: Call, round: Round): Record<string, unknown>[] {
  const { directory, faults } = state;
  if (round.skip === 0 && round.since !== undefined) round.upTo = directory.head;
  if (round.since === undefined)
    return directory
      .all()
      .filter(({ missingIn }) => missingIn === undefined)
      .map((person) => present(userJson(person, round.select)));
  return directory
    .since(round.since)
    .filter(({ at }) => at <= round.upTo)
    .flatMap(({ id, properties, removed }) => {
      if (removed) return [{ id, "@removed": { reason: "changed" } }];
      const person = directory.user(id);
      if (person === undefined || person.missingIn !== undefined) return [];
      const all = userJson(person, round.select);
      if (!faults.settings.delta.partialUsers || properties.length === 0) return [present(all)];
      return [Object.fromEntries(Object.entries(all).filter(([name]) => name === "id" || properties.includes(name)))];
    });
}

/** What was never set is left out. */
const present = (user: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(user).filter(([, value]) => value !== null && value !== undefined));
