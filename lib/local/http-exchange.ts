// One HTTP request through one function: streamed over the library's own server, or buffered in typed data.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request as openRequest, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import type { FunctionsCore, HttpData, TypedData } from "./functions-core.js";
import { bodyLimitBytes, refuse, tooLarge } from "./http.js";

export interface Exchange {
  core: FunctionsCore;
  name: string;
  params: Record<string, string>;
  request: IncomingMessage;
  response: ServerResponse;
  track<T>(work: Promise<T>): Promise<T>;
  warn(message: string): void;
}

const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);
const invocationHeader = "x-ms-invocation-id";

/**
 * As Azure's host does it: the request is forwarded to the library's server under the invocation's id while the invocation
 * runs, and what comes back there is the answer.
 */
export async function answerStreamed(exchange: Exchange, streamUri: string): Promise<void> {
  const { request, response } = exchange;
  const invocationId = randomUUID();
  const forwarded = forward(exchange, streamUri, invocationId);
  const answered = new Promise<void>((done, failed) => {
    forwarded.outgoing.once("error", failed);
    forwarded.outgoing.once("response", (incoming) => passBack(incoming, response).then(done, failed));
  });
  // A caller who hangs up hangs up on the library's server too.
  response.once("close", () => response.writableFinished || forwarded.outgoing.destroy());
  // Whichever fails first speaks; the other's failure is only its consequence.
  answered.catch(() => undefined);
  await forwarded.connected;
  const invocation = exchange.core.invoke(exchange.name, {
    invocationId,
    input: { http: {} },
    triggerMetadata: streamMetadata(exchange),
  });
  try {
    const { result } = await exchange.track(invocation);
    if (result === undefined || result === null) response.writeHead(204).end();
    else await answered;
  } catch (error) {
    fail(exchange, error, forwarded.overflowed());
  } finally {
    forwarded.outgoing.destroy();
    request.unpipe();
    request.resume();
  }
}

function forward({ request }: Exchange, streamUri: string, invocationId: string) {
  let received = 0;
  let overflowed = false;
  const outgoing = openRequest({
    // The library announces "localhost"; its server is bound to 127.0.0.1 (see loopback.ts).
    host: "127.0.0.1",
    port: new URL(streamUri).port,
    agent: false,
    method: request.method,
    path: request.url,
    headers: {
      ...endToEnd(request),
      "x-forwarded-host": request.headers.host,
      "x-forwarded-proto": "http",
      [invocationHeader]: invocationId,
    },
  });
  request.on("data", (chunk: Buffer) => {
    received += chunk.length;
    if (received <= bodyLimitBytes) return;
    overflowed = true;
    outgoing.destroy();
  });
  request.once("close", () => request.complete || outgoing.destroy());
  outgoing.flushHeaders();
  request.pipe(outgoing);
  // The invocation waits for the forwarded request; one that never arrived would make it wait for ever.
  const connected = once(outgoing, "socket").then(([socket]) => once(socket as Socket, "connect"));
  return { outgoing, connected, overflowed: () => overflowed };
}

function endToEnd(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers)
      .filter(([name]) => !hopByHop.has(name))
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}

/** Route parameters as strings beside the whole of the headers, which is where the library looks for both. */
function streamMetadata({ request, params }: Exchange): Record<string, TypedData> {
  const strings = Object.entries(params).map(([name, value]) => [name, { string: value }]);
  return { ...Object.fromEntries(strings), Headers: { json: JSON.stringify(endToEnd(request)) } };
}

async function passBack(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = Object.entries(incoming.headers).filter(([name]) => !hopByHop.has(name) && name !== invocationHeader);
  response.writeHead(incoming.statusCode ?? 500, Object.fromEntries(headers) as Record<string, string>);
  await pipeline(incoming, response);
}

/** A failed function is a 500; once an answer has begun, only a broken connection can say that it is not whole. */
function fail({ response, name, warn }: Exchange, error: unknown, overflowed: boolean): void {
  if (response.destroyed && !overflowed) return;
  if (!overflowed) warn(`function ${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  if (response.headersSent) response.destroy();
  else if (overflowed) refuse(response, tooLarge);
  else refuse(response, { status: 500, code: "FUNCTION_FAILED", detail: "The function failed; see the log." });
}

/** For apps that do not stream: bodies travel whole, in typed data. */
export async function answerBuffered(exchange: Exchange): Promise<void> {
  const { request, response, params } = exchange;
  const body = await readBody(request);
  if (body === undefined) return refuse(response, tooLarge);
  const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
  const http: HttpData = {
    url: url.href,
    method: request.method ?? "GET",
    headers: endToEnd(request),
    params,
    query: Object.fromEntries(url.searchParams),
    body: { bytes: body },
  };
  try {
    const { returned } = await exchange.track(exchange.core.invoke(exchange.name, { input: { http } }));
    if (returned?.http === undefined) response.writeHead(204).end();
    else {
      const { statusCode, headers = {}, body: content, cookies = [] } = returned.http;
      const cookieLines = cookies.map(({ name, value }) => `${name}=${value}`);
      response.writeHead(Number(statusCode ?? 200), {
        ...headers,
        ...(cookies.length && { "set-cookie": cookieLines }),
      });
      response.end(content?.bytes ?? content?.string ?? content?.json);
    }
  } catch (error) {
    fail(exchange, error, false);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > bodyLimitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
