// The door every request comes through: who is it, may they, is the request well-formed; then the call, then the answer.
import { AsyncLocalStorage } from "node:async_hooks";
import type { HttpHandler, HttpRequest, HttpResponseInit } from "@azure/functions";
import type { SignIn } from "../../lib/access/caller.js";
import { assertMay } from "../../lib/access/sign-in.js";
import { problemOf, unforeseen } from "../../lib/api/problem.js";
import type { Input, Reply, Route } from "../../lib/api/route.js";
import type { Random } from "../../lib/core/ids.js";
import { within } from "../../lib/core/scope.js";
import { told } from "../../lib/core/told.js";
import type { AuditTrail } from "../../lib/ports/audit-trail.js";
import type { Log } from "../../lib/ports/log.js";
import { parse } from "./parse.js";
import { problemResponse, toResponse } from "./reply.js";
import { nobody, type Visit, witness, witnessRefusal } from "./witness.js";

export interface DoorDeps {
  signIn: SignIn;
  log: Log;
  random: Random;
  audit: AuditTrail;
}

export type Call<R extends Route> = (input: Input<R>) => Promise<Reply<R["answer"]>>;

/** `action` is the route's name in the table; `current` gives what a change would change. */
export function door<R extends Route>(
  action: string,
  { route, call, current }: { route: R; call: Call<R>; current?: Call<Route> },
  deps: DoorDeps,
): HttpHandler {
  const name = `${route.method} ${route.path}`;
  const broken = (error: unknown) => deps.log.error("answer broken off", { route: name, ...told(error) });
  return async (request) => {
    const visit: Visit = { action, route, request: deps.random.hex(16), subject: nobody };
    const answer = await within({ request: visit.request, action }, async () => {
      try {
        const caller = await deps.signIn(request);
        visit.subject = caller.subject.slice(0, 128);
        assertMay(caller, route.right);
        const input = await parse(request, route);
        const reply = await witness(visit, input, {
          call: () => call(input),
          audit: deps.audit,
          ...(current && { current: () => current(input) }),
        });
        // The body is made after the function's end: what breaks then belongs to this request all the same.
        return toResponse(route.answer, reply, AsyncLocalStorage.bind(broken));
      } catch (error) {
        await witnessRefusal(visit, request, { error, audit: deps.audit });
        return problemFor(error, request, { ...deps, name });
      }
    });
    return named(answer, visit.request);
  };
}

/** Under this name the audit and the log have more of the request. */
const named = (answer: HttpResponseInit, request: string): HttpResponseInit => ({
  ...answer,
  headers: { ...(answer.headers as Record<string, string>), "x-request-id": request },
});

export function problemFor(
  error: unknown,
  request: HttpRequest,
  { log, random, name }: Pick<DoorDeps, "log" | "random"> & { name: string },
): HttpResponseInit {
  const instance = new URL(request.url).pathname;
  const foreseen = problemOf(error, instance);
  if (foreseen !== undefined) {
    const { status } = foreseen.problem;
    if (status >= 500) log.warn("request not answered", { route: name, status, ...told(error) });
    return problemResponse(foreseen);
  }
  const reference = random.hex(12);
  log.error("request failed", { reference, route: name, ...told(error) });
  return problemResponse({ problem: unforeseen(instance, reference), headers: {} });
}
