// The API for a test: the very functions that are registered, found by the host's own route matching, without a server.
// Every answer is held against its schema and the headers that all of them need.
import { type HttpMethod, HttpRequest, HttpResponse, InvocationContext } from "@azure/functions";
import { expect } from "vitest";
import { httpFunctions } from "../../../functions/http/register.js";
import type { AuthConfig } from "../../../lib/access/sign-in.js";
import { openSignIn } from "../../../lib/access/sign-in.js";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { Problem } from "../../../lib/api/problem.js";
import type { Route } from "../../../lib/api/route.js";
import { routes } from "../../../lib/api/routes.js";
import type { App } from "../../../lib/app.js";
import { compileRoute } from "../../../lib/local/routes.js";
import { type Log, silentLog } from "../../../lib/ports/log.js";
import { testStart } from "../../build/a-world.js";
import { repeatableRandom } from "../../build/repeatable-random.js";

export interface ApiOptions {
  auth?: AuthConfig;
  keys?: NonNullable<Parameters<typeof openSignIn>[1]["keys"]>;
  log?: Log;
}

export interface Asked {
  headers?: Record<string, string>;
  /** Sent as JSON unless it is text. */
  body?: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into any answer
export type Answered = { status: number; headers: Headers; json: any; bytes: Buffer };
export type Ask = (method: HttpMethod, path: string, asked?: Asked) => Promise<Answered>;

export const origin = "http://127.0.0.1:7071";

export function anApi(app: App, { auth = { mode: "local" }, keys, log = silentLog }: ApiOptions = {}): Ask {
  const clock = stoppedClock(testStart);
  const signIn = openSignIn(auth, { clock, ...(keys && { keys }) });
  const targets = httpFunctions(app, { signIn, log, random: repeatableRandom("door") })
    .map((target) => ({ ...target, compiled: compileRoute(target.route ?? "") }))
    .sort((a, b) => (a.compiled.rank < b.compiled.rank ? -1 : 1));
  return async (method, path, { headers = {}, body } = {}) => {
    const url = new URL(path.startsWith("http") ? path : `${origin}/api/v1${path}`);
    const below = url.pathname.replace(/^\/api\//, "");
    for (const { name, methods, compiled, handler } of targets) {
      const params = methods?.includes(method) ? compiled.match(below) : undefined;
      if (params === undefined) continue;
      const init = await handler(aRequest({ method, url, params, headers, body }), new InvocationContext());
      return held(name, new HttpResponse(init as ConstructorParameters<typeof HttpResponse>[0]));
    }
    throw new Error(`no function for ${method} ${path}`);
  };
}

function aRequest({
  method,
  url,
  params,
  headers,
  body,
}: Required<Asked> & { method: string; url: URL; params: Record<string, string> }) {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const type = text === undefined ? {} : { "content-type": "application/json" };
  return new HttpRequest({
    method,
    url: url.href,
    params,
    headers: { host: url.host, ...type, ...headers },
    ...(text !== undefined && { body: { string: text } }),
  });
}

async function held(name: string, response: HttpResponse): Promise<Answered> {
  const { status, headers } = response;
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  const type = headers.get("content-type") ?? "";
  const json = /json$/.test(type) ? JSON.parse(bytes.toString("utf8")) : undefined;
  const { answer } = (routes as Record<string, Route>)[name] ?? {};
  if (type === "application/problem+json") expect(Problem.parse(json)).toMatchObject({ status });
  else if (status < 300 && answer !== undefined && "schema" in answer) answer.schema.parse(json);
  return { status, headers, json, bytes };
}
