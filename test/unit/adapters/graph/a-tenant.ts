// A real HTTP server on the loopback that answers as a test tells it, and Graph opened on it.

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Graph, type GraphOptions, openGraph } from "../../../../lib/adapters/graph/open.js";
import { staticToken } from "../../../../lib/adapters/graph/token.js";
import { type StoppedClock, stoppedClock } from "../../../../lib/adapters/memory/clock.js";
import { MailboxId, type Random } from "../../../../lib/core/ids.js";
import { silentLog } from "../../../../lib/ports/log.js";
import type { MailboxReader, OpenMailbox } from "../../../../lib/ports/mail-source.js";

export type Answering = (request: IncomingMessage, response: ServerResponse, n: number) => void;

export interface Tenant {
  url: string;
  /** Every request so far, in the order they came. */
  requests: { url: string; headers: IncomingMessage["headers"] }[];
}

/** `answer` gets the number of the request, from 1. */
export async function aTenant(answer: Answering): Promise<Tenant> {
  const requests: Tenant["requests"] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? "", headers: request.headers });
    answer(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

export function refuse(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}) {
  json(response, { error: { code, message: "as asked", innerError: { "request-id": "req-1" } } }, status, headers);
}

export function mail(response: ServerResponse, bytes: string | Buffer): void {
  response.writeHead(200, { "content-type": "text/plain" });
  response.end(bytes);
}

/** Answers with each step in turn, and with the last one from then on. */
export function inTurn(...steps: ((response: ServerResponse) => void)[]): Answering {
  return (_request, response, n) =>
    (steps[Math.min(n, steps.length) - 1] as (response: ServerResponse) => void)(response);
}

function counted(): Random {
  let n = 0;
  return { hex: (digits) => (++n).toString(16).padStart(digits, "0"), fraction: () => 0 };
}

export const startOfTime = new Date("2026-11-21T10:00:00Z");

export interface Opened {
  graph: Graph;
  clock: StoppedClock;
  spoolDir: string;
  spooled(): Promise<string[]>;
  mailbox(options?: Partial<Omit<OpenMailbox, "requestTimeoutMs">>): MailboxReader;
}

export async function opened(tenant: { url: string }, options: Partial<GraphOptions> = {}): Promise<Opened> {
  const clock = stoppedClock(startOfTime);
  const spoolDir = await mkdtemp(join(tmpdir(), "mailkeep-graph-"));
  const graph = openGraph({
    baseUrl: tenant.url,
    token: staticToken("secret"),
    clock,
    random: counted(),
    log: silentLog,
    spoolDir,
    requestTimeoutMs: 5_000,
    ...options,
  });
  onTestFinished(async () => {
    await graph.close();
    await rm(spoolDir, { recursive: true });
  });
  const mailbox: Opened["mailbox"] = ({
    history = { slots: [] },
    signal = new AbortController().signal,
    ...rest
  } = {}) => graph.mail.open(MailboxId.parse("anna"), { history, signal, ...rest });
  return { graph, clock, spoolDir, spooled: () => readdir(spoolDir), mailbox };
}

export async function bytesOf(body: { read(): AsyncIterable<Uint8Array> }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.read()) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}
