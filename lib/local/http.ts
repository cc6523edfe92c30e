// The HTTP side of the local host: finds the function for a request and answers as Azure's host does.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type FunctionsCore, type RegisteredFunction, triggerOf } from "./functions-core.js";
import { answerBuffered, answerStreamed, type Exchange } from "./http-exchange.js";
import { namesLoopback } from "./loopback.js";
import { compileRoute, type Route } from "./routes.js";

/** Azure's default limit of a request body (FUNCTIONS_REQUEST_BODY_SIZE_LIMIT, 104857600). */
export const bodyLimitBytes = 100 * 1024 * 1024;

export interface HttpOptions {
  core: FunctionsCore;
  /** Where the library takes streamed requests; undefined when the app does not stream. */
  streamUri: string | undefined;
  routePrefix: string;
  /** 0 picks a free one. */
  port: number;
  /** Wraps every invocation, so that a stop can wait for it. */
  track<T>(work: Promise<T>): Promise<T>;
  warn(message: string): void;
  /** Called when a function has answered a request that may have changed something. */
  worked(): void;
}

interface HttpFunction {
  name: string;
  methods: string[];
  route: Route;
}

/** Listens on 127.0.0.1 only. @throws Error with code EADDRINUSE when the port is taken. */
export async function startHttp(options: HttpOptions): Promise<{ server: Server; port: number }> {
  const targets = httpFunctions(options.core.functions());
  const server = createServer((request, response) => {
    answer(request, response, targets, options).catch((error: unknown) => {
      options.warn(`${request.method} ${pathOf(request)}: ${error instanceof Error ? error.message : String(error)}`);
      response.destroy();
    });
  });
  // A long upload or a slow reader is not an error here; Node's default would cut a request after five minutes.
  server.requestTimeout = 0;
  await new Promise<void>((done, failed) => {
    server.once("error", failed);
    server.listen(options.port, "127.0.0.1", done);
  });
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : options.port };
}

function httpFunctions(registered: RegisteredFunction[]): HttpFunction[] {
  return registered
    .map((target) => ({ target, trigger: triggerOf(target) }))
    .filter(({ trigger }) => trigger.type.toLowerCase() === "httptrigger")
    .map(({ target, trigger }) => ({
      name: target.name,
      methods: (trigger.methods as string[]).map((method) => method.toUpperCase()),
      route: compileRoute(typeof trigger.route === "string" ? trigger.route : target.name),
    }))
    .sort((a, b) => (a.route.rank < b.route.rank ? -1 : a.route.rank > b.route.rank ? 1 : 0));
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  targets: HttpFunction[],
  options: HttpOptions,
): Promise<void> {
  const refused = refusal(request);
  if (refused !== undefined) return refuse(response, refused);
  const found = find(request, targets, options.routePrefix);
  if ("status" in found) return refuse(response, found);
  const exchange: Exchange = { ...found, request, response, ...options };
  if (options.streamUri === undefined) await answerBuffered(exchange);
  else await answerStreamed(exchange, options.streamUri);
  if (request.method !== "GET" && request.method !== "HEAD") options.worked();
}

interface Refusal {
  status: number;
  code: string;
  detail: string;
  headers?: Record<string, string>;
}

/** A page on another site must not be able to use the local API through the person's browser. */
function refusal(request: IncomingMessage): Refusal | undefined {
  const { host, origin } = request.headers;
  if (!namesLoopback(host ?? "") || (origin !== undefined && !namesLoopback(origin)))
    return { status: 403, code: "NOT_LOOPBACK", detail: "The local host answers only requests made on this machine." };
  if (Number(request.headers["content-length"] ?? 0) > bodyLimitBytes) return tooLarge;
  return undefined;
}

export const tooLarge: Refusal = {
  status: 413,
  code: "BODY_TOO_LARGE",
  detail: `A request body may have at most ${bodyLimitBytes} bytes.`,
};

function find(
  request: IncomingMessage,
  targets: HttpFunction[],
  routePrefix: string,
): { name: string; params: Record<string, string> } | Refusal {
  const allowed = new Set<string>();
  try {
    const path = withoutPrefix(pathOf(request), routePrefix);
    for (const { name, methods, route } of targets) {
      const params = path === undefined ? undefined : route.match(path);
      if (params === undefined) continue;
      if (methods.includes(request.method ?? "")) return { name, params };
      for (const method of methods) allowed.add(method);
    }
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return { status: 400, code: "BAD_PATH", detail: "The path has a malformed escape." };
  }
  if (allowed.size === 0) return { status: 404, code: "ROUTE_NOT_FOUND", detail: "No function answers this path." };
  const allow = [...allowed].join(", ");
  return { status: 405, code: "METHOD_NOT_ALLOWED", detail: `This path takes ${allow}.`, headers: { allow } };
}

const pathOf = (request: IncomingMessage): string => (request.url ?? "/").split("?", 1)[0] ?? "/";

/** The path below the prefix, without slashes at its ends; undefined when it is not below it. */
function withoutPrefix(path: string, prefix: string): string | undefined {
  const bare = path.replace(/^\/+|\/+$/g, "");
  if (prefix === "") return bare;
  return bare.toLowerCase().startsWith(`${prefix.toLowerCase()}/`) ? bare.slice(prefix.length + 1) : undefined;
}

export function refuse(response: ServerResponse, { status, code, detail, headers }: Refusal): void {
  const body = JSON.stringify({ type: "about:blank", title: code, status, detail, code });
  // What is left of the request is not read, so the connection cannot be used again.
  response.writeHead(status, { ...headers, "content-type": "application/problem+json", connection: "close" }).end(body);
}
