// The way in for every Graph request: token, route, mailbox, limits, faults, then the route's own answer.
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answer, graphError, Refusal, refuse } from "./answer.js";
import { readJson } from "./body.js";
import type { Call, TenantState } from "./call.js";
import { type Fault, faultAnswer } from "./faults.js";
import { folderRoutes } from "./folder-routes.js";
import type { Mailbox } from "./mailbox.js";
import { messageRoutes } from "./message-routes.js";
import { preference } from "./query.js";
import { type Found, Router } from "./router.js";
import { userRoutes } from "./user-routes.js";
import { send, type WireFault } from "./wire.js";

interface Visit {
  request: IncomingMessage;
  response: ServerResponse;
  /** Path with the version, without the query. */
  path: string;
  /** Path after the version. */
  tail: string;
  query: URLSearchParams;
  arrivedMs: number;
  requestId: string;
  /** Filled in as the visit goes on, for the log. */
  routeName: string;
  mailboxId?: string;
  fault?: Fault | undefined;
}

const version = "/v1.0";
const unknownRoute = "(unknown)";

export class GraphDoor {
  private readonly router = new Router([...userRoutes, ...folderRoutes, ...messageRoutes]);
  private visits = 0;

  constructor(
    private readonly state: TenantState,
    private readonly options: { token: string; strictLimits: boolean },
  ) {}

  receive(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? "/";
    const mark = url.indexOf("?");
    const path = mark < 0 ? url : url.slice(0, mark);
    this.visits += 1;
    const visit: Visit = {
      request,
      response,
      path,
      tail: path.startsWith(`${version}/`) ? path.slice(version.length) : "",
      query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)),
      arrivedMs: performance.now(),
      requestId: `5a3b1e00-0000-4000-a000-${this.visits.toString(16).padStart(12, "0")}`,
      routeName: unknownRoute,
    };
    this.state.counters.started();
    this.answer(visit).then(
      (answer) => this.deliver(visit, answer),
      (cause: unknown) => this.deliver(visit, cause instanceof Refusal ? cause.answer : brokenTenant(cause)),
    );
  }

  private async answer(visit: Visit): Promise<Answer> {
    if (visit.request.headers.authorization !== `Bearer ${this.options.token}`) {
      visit.routeName = "(unauthenticated)";
      return graphError(401, "InvalidAuthenticationToken", "Access token is empty, invalid or expired.");
    }
    const { method = "GET" } = visit.request;
    const found = visit.tail === "" ? undefined : this.router.find(method, visit.tail);
    if (!found) {
      this.state.counters.unknownRoute(method, visit.path);
      return graphError(
        400,
        "BadRequest",
        `Resource not found for the segment '${visit.path.split("/").at(-1) ?? ""}'.`,
      );
    }
    visit.routeName = found.name;
    const body = method === "POST" ? await readJson(visit.request) : undefined;
    const call = this.call(visit, found, body);
    if (found.route.scope === "directory") return this.struck(visit, call) ?? found.route.answer(call);
    const owner = this.state.directory.mailboxOwner(found.places.user ?? "");
    if (!owner) return refuse(404, "ErrorInvalidUser", `The requested user '${found.places.user}' is invalid.`);
    visit.mailboxId = owner.id;
    const refused = this.enter(visit);
    if (refused) return refused;
    if ("absent" in owner.mailbox) return absent(owner.mailbox.absent, found.places.user ?? "");
    const mailbox = this.state.directory.mailbox(owner);
    if (!mailbox) return absent("ResourceNotFound", owner.id);
    return this.struck(visit, call, mailbox) ?? found.route.answer({ ...call, mailbox });
  }

  private call({ request, query, path }: Visit, { places }: Found, body: unknown): Call {
    const { prefer } = request.headers;
    const preferred = Array.isArray(prefer) ? prefer.join(",") : prefer;
    const size = Number.parseInt(preference(preferred, "odata.maxpagesize") ?? "", 10);
    return {
      state: this.state,
      places,
      path,
      query,
      immutableIds: preference(preferred, "IdType")?.toLowerCase() === "immutableid",
      maxPageSize: size > 0 ? size : undefined,
      eventual: request.headers.consistencylevel === "eventual",
      body,
    };
  }

  /** Takes a place in the mailbox's four; it is given back when the answer has left or the connection has died. */
  private enter(visit: Visit): Answer | undefined {
    const gate = this.state.counters.gate(visit.mailboxId ?? "");
    const refused = gate.enter(this.state.now().getTime(), this.options.strictLimits);
    if (!refused) {
      // `finish` comes when the answer has been handed to the system, `close` also when the client went away.
      let inside = true;
      const leave = () => {
        if (inside) gate.leave();
        inside = false;
      };
      visit.response.once("finish", leave);
      visit.response.once("close", leave);
    }
    return refused;
  }

  private struck(visit: Visit, call: Call, mailbox?: Mailbox): Answer | undefined {
    const { faults } = this.state;
    if (faults.settings.rules.length === 0) return undefined;
    const message = mailbox?.message(call.places.message ?? "");
    const folder = mailbox?.folder(call.places.folder ?? "");
    visit.fault = faults.strike({
      route: visit.routeName,
      path: visit.path,
      hasToken: call.query.has("$skiptoken") || Boolean(call.query.get("$deltatoken")),
      ...(visit.mailboxId === undefined ? {} : { mailbox: visit.mailboxId }),
      ...(message ? { message: [message.immutableId, message.movableId] } : {}),
      ...(folder ? { folder: folder.id } : {}),
    });
    if (visit.fault?.kind === "folder-vanishes" && folder) mailbox?.deleteFolder(folder);
    return visit.fault && faultAnswer(visit.fault, `${this.state.origin}${visit.path}`);
  }

  /** Waits until the latency has passed since arrival, the time spent on the answer included. */
  private deliver(visit: Visit, answer: Answer): void {
    const slow = visit.fault?.kind === "slow" ? visit.fault.ms : 0;
    const waitMs = this.state.faults.settings.latencyMs + slow - (performance.now() - visit.arrivedMs);
    if (waitMs < 1) this.finish(visit, answer);
    else setTimeout(() => this.finish(visit, answer), waitMs);
  }

  private finish(visit: Visit, answer: Answer): void {
    const { request, response, fault } = visit;
    const now = this.state.now();
    let bytes = 0;
    if (fault?.kind === "reset") response.socket?.resetAndDestroy();
    else if (!response.destroyed) {
      const wire: { fault?: WireFault } = fault?.kind === "cut" || fault?.kind === "truncated-json" ? { fault } : {};
      const clientRequestId = String(request.headers["client-request-id"] ?? visit.requestId);
      bytes = send(response, answer, { requestId: visit.requestId, clientRequestId, now, ...wire });
    }
    this.state.counters.finished({
      method: request.method ?? "GET",
      url: request.url ?? "/",
      route: visit.routeName,
      status: fault?.kind === "reset" ? 0 : answer.status,
      bytes,
      at: now.getTime(),
      ...(visit.mailboxId === undefined ? {} : { mailbox: visit.mailboxId }),
      ...(fault ? { fault: fault.kind } : {}),
    });
  }
}

function absent(code: string, user: string): Answer {
  if (code === "ErrorInvalidUser") return graphError(404, code, `The requested user '${user}' is invalid.`);
  if (code === "ResourceNotFound") return graphError(404, code, "Resource could not be discovered.");
  if (code === "ErrorAccessDenied") return graphError(403, code, "Access is denied. Check credentials and try again.");
  return graphError(404, code, "The mailbox is either inactive, soft-deleted, or is hosted on-premise.");
}

/** A mistake of the tenant itself: said plainly, so that nobody looks for it in the product. */
function brokenTenant(cause: unknown): Answer {
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return graphError(500, "SampleTenantBroken", text);
}
