// Every Graph request passes here: token, route, mailbox, limits, faults, then the route's own answer.
import { type Answer, graphError, Refusal, refuse } from "./answer.js";
import { batchAnswer } from "./batch.js";
import type { Call, TenantState } from "./call.js";
import { exchangeAnswer, exchangeRoute } from "./exchange-door.js";
import { faultAnswer } from "./faults.js";
import { folderRoutes } from "./folder-routes.js";
import { groupRoutes } from "./group-routes.js";
import type { Mailbox } from "./mailbox.js";
import { messageRoutes } from "./message-routes.js";
import { preference } from "./query.js";
import { directoryRefusal, mailboxRefusal, readToken, type TokenRights } from "./rights.js";
import { type Found, Router } from "./router.js";
import { userRoutes } from "./user-routes.js";
import { usersDelta } from "./users-delta.js";
import { cutUrl, unknownRoute, type Visit } from "./visit.js";

const version = "/v1.0";
const batchRoute = "POST /$batch";

export interface ReceptionOptions {
  /** Reads. */
  token: string;
  /** Reads, and changes mailboxes (Mail.ReadWrite). */
  writerToken: string;
  strictLimits: boolean;
}

export class Reception {
  private readonly router = new Router([...userRoutes, ...groupRoutes, usersDelta, ...folderRoutes, ...messageRoutes]);

  constructor(
    private readonly state: TenantState,
    private readonly options: ReceptionOptions,
  ) {}

  /** Never rejects: what goes wrong becomes an answer. */
  async answer(visit: Visit): Promise<Answer> {
    try {
      const bearer = visit.header("authorization");
      if (bearer === `Bearer ${this.options.token}` || this.mayWrite(visit)) return await this.admitted(visit);
      const rights = readToken(bearer?.slice("Bearer ".length) ?? "", this.options.token);
      if (rights !== undefined && !this.hasExpired(rights)) {
        visit.rights = rights;
        return await this.admitted(visit);
      }
    } catch (cause) {
      return cause instanceof Refusal ? cause.answer : brokenTenant(cause);
    }
    visit.routeName = "(unauthenticated)";
    return graphError(401, "InvalidAuthenticationToken", "Access token is empty, invalid or expired.");
  }

  private hasExpired({ expiresAt }: TokenRights): boolean {
    return expiresAt !== undefined && expiresAt.getTime() <= this.state.now().getTime();
  }

  private mayWrite(visit: Visit): boolean {
    if (visit.rights !== undefined) return true; // its roles decide
    return visit.header("authorization") === `Bearer ${this.options.writerToken}`;
  }

  private async admitted(visit: Visit): Promise<Answer> {
    const { path, query } = cutUrl(visit.url);
    if (visit.method === "POST" && path.startsWith("/adminapi/")) return this.administered(visit, path);
    const tail = path.startsWith(`${version}/`) ? path.slice(version.length) : "";
    if (visit.method === "POST" && tail === "/$batch") {
      visit.routeName = batchRoute;
      return batchAnswer(await visit.body(), { version, ask: (inner) => this.inner(visit, inner) });
    }
    const found = tail === "" ? undefined : this.router.find(visit.method, tail);
    if (!found) {
      this.state.counters.unknownRoute(visit.method, path);
      return graphError(400, "BadRequest", `Resource not found for the segment '${path.split("/").at(-1) ?? ""}'.`);
    }
    visit.routeName = found.name;
    const body = visit.method === "POST" ? await visit.body() : undefined;
    return this.routed(
      visit,
      found,
      this.call(visit, { path, query: new URLSearchParams(query), body, places: found.places }),
    );
  }

  /** Exchange's administration lives on the same host here; in the cloud it has one of its own. */
  private async administered(visit: Visit, path: string): Promise<Answer> {
    const body = await visit.body();
    visit.routeName = exchangeRoute(path, body);
    visit.fault = this.state.faults.strike({
      route: visit.routeName,
      path,
      hasToken: visit.url.includes("skiptoken"),
    });
    const struck = visit.fault && faultAnswer(visit.fault, `${this.state.origin}${path}`);
    return struck ?? exchangeAnswer(this.state, { url: visit.url, header: visit.header, body });
  }

  private routed(visit: Visit, { route, places }: Found, call: Call): Answer {
    if (route.scope === "directory")
      return this.struck(visit, call) ?? this.undirected(visit, route.template) ?? route.answer(call);
    const user = places.user ?? "";
    const owner = this.state.directory.mailboxOwner(user);
    if (!owner) return refuse(404, "ErrorInvalidUser", `The requested user '${user}' is invalid.`);
    visit.mailboxId = owner.id;
    const refused = this.enter(visit);
    if (refused) return refused;
    if ("absent" in owner.mailbox) return absent(owner.mailbox.absent, user);
    if (route.method !== "GET" && !this.mayWrite(visit)) return absent("ErrorAccessDenied", user);
    const mailbox = this.state.directory.mailbox(owner);
    if (!mailbox) return absent("ResourceNotFound", user);
    const { method, template } = route;
    const barred =
      visit.rights && mailboxRefusal(visit.rights, { user: owner.id, template, method }, this.state.directory);
    if (barred) return barred;
    const struck = this.struck(visit, call, mailbox);
    if (struck || visit.fault) return struck ?? route.answer({ ...call, mailbox });
    const answer = route.answer({ ...call, mailbox });
    return this.struck(visit, call, mailbox, idsOn(answer)) ?? answer;
  }

  private undirected({ rights }: Visit, template: string): Answer | undefined {
    return rights && directoryRefusal(rights, template);
  }

  /** A request inside a batch counts like any other, and is over as soon as it is answered. */
  private async inner(outer: Visit, inner: Pick<Visit, "method" | "url" | "header" | "body">): Promise<Answer> {
    const leaving: (() => void)[] = [];
    const visit: Visit = {
      ...inner,
      header: (name) => inner.header(name) ?? (name === "authorization" ? outer.header(name) : undefined),
      whenOver: (leave) => leaving.push(leave),
      routeName: unknownRoute,
    };
    this.state.counters.started();
    const answer = await this.answer(visit);
    for (const leave of leaving) leave();
    this.log(visit, answer.status, 0);
    return answer;
  }

  /** To be called once for every visit, when it is over. */
  log(visit: Visit, status: number, bytes: number): void {
    this.state.counters.finished({
      method: visit.method,
      url: visit.url,
      route: visit.routeName,
      status,
      bytes,
      at: this.state.now().getTime(),
      ...(visit.mailboxId === undefined ? {} : { mailbox: visit.mailboxId }),
      ...(visit.fault ? { fault: visit.fault.kind } : {}),
    });
  }

  private call(visit: Visit, asked: Pick<Call, "path" | "query" | "body" | "places">): Call {
    const prefer = visit.header("prefer");
    const size = Number.parseInt(preference(prefer, "odata.maxpagesize") ?? "", 10);
    return {
      ...asked,
      state: this.state,
      immutableIds: preference(prefer, "IdType")?.toLowerCase() === "immutableid",
      maxPageSize: size > 0 ? size : undefined,
      eventual: visit.header("consistencylevel") === "eventual",
    };
  }

  /** Takes a place in the mailbox's four. */
  private enter(visit: Visit): Answer | undefined {
    const gate = this.state.counters.gate(visit.mailboxId ?? "");
    const refused = gate.enter(this.state.now().getTime(), this.options.strictLimits);
    if (!refused) visit.whenOver(() => gate.leave());
    return refused;
  }

  /** Faults that depend on what a page lists strike once it is known: `listed`. */
  private struck(visit: Visit, call: Call, mailbox?: Mailbox, listed?: ReadonlySet<string>): Answer | undefined {
    const { faults } = this.state;
    if (faults.settings.rules.length === 0 || listed?.size === 0) return undefined;
    const message = mailbox?.message(call.places.message ?? "");
    const folder = mailbox?.folder(call.places.folder ?? "");
    visit.fault = faults.strike({
      route: visit.routeName,
      path: call.path,
      hasToken: call.query.has("$skiptoken") || Boolean(call.query.get("$deltatoken")),
      ...(visit.mailboxId === undefined ? {} : { mailbox: visit.mailboxId }),
      ...(message ? { message: [message.immutableId, message.movableId] } : {}),
      ...(folder ? { folder: folder.id } : {}),
      idsOnly: call.query.get("$select") === "id",
      ...(listed ? { listed } : {}),
    });
    if (visit.fault?.kind === "folder-vanishes" && folder) mailbox?.deleteFolder(folder);
    return visit.fault && faultAnswer(visit.fault, `${this.state.origin}${call.path}`);
  }
}

function idsOn({ body }: Answer): ReadonlySet<string> {
  const value = body.kind === "json" ? (body.json as { value?: unknown }).value : undefined;
  return new Set(Array.isArray(value) ? value.map((item: { id?: unknown }) => String(item.id)) : []);
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
