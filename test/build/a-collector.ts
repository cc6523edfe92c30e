// An OpenTelemetry collector that keeps what it was sent.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

// biome-ignore lint/suspicious/noExplicitAny: a test looks into any body
export type Body = any;

export interface Collector extends AsyncDisposable {
  endpoint: string;
  got: { path: string; headers: Record<string, unknown>; body: Body }[];
  /** What it answers; it keeps only what it answers with 200. */
  status: number;
  spans(): Body[];
  sums(): Body[];
}

export async function aCollector(): Promise<Collector> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    if (collector.status === 200) collector.got.push({ path: request.url ?? "", headers: request.headers, body });
    response.writeHead(collector.status).end("not for the log");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bodies = (kind: string): Body[] => collector.got.map(({ body }) => body[kind]?.[0]).filter(Boolean);
  const collector: Collector = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/otlp`,
    got: [],
    status: 200,
    spans: () => bodies("resourceSpans").flatMap((one) => one.scopeSpans[0].spans),
    sums: () => bodies("resourceMetrics").map((one) => one.scopeMetrics[0].metrics),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
  return collector;
}
