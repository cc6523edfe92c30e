// Counts the requests that the measured process sends to the storage account, on the wire: retries count too.
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";

export type Service = "blob" | "table" | "queue";

/** Requests by what they are, e.g. `blob PUT packs`, `table POST batch`. */
export type Counts = Record<string, number>;

/** The storage client libraries send through node:http, which announces each request; Graph's go through undici. */
export function openMeter(connectionString: string): { counts(): Counts } {
  const services = new Map<string, Service>();
  for (const service of ["Blob", "Table", "Queue"] as const) {
    const url = new RegExp(`${service}Endpoint=([^;]+)`).exec(connectionString)?.[1];
    if (url !== undefined) services.set(new URL(url).host, service.toLowerCase() as Service);
  }
  const counts: Counts = {};
  subscribe("http.client.request.start", (message) => {
    const { request } = message as { request: ClientRequest };
    const service = services.get(String(request.getHeader("host")));
    if (service === undefined) return;
    const name = `${service} ${request.method} ${subjectOf(service, request.path)}`;
    counts[name] = (counts[name] ?? 0) + 1;
  });
  return { counts: () => ({ ...counts }) };
}

/** Follows the requests to Graph, which go through undici: how many were in flight, over time. */
export function openGauge(): { requestMs(): number } {
  let inFlight = 0;
  let total = 0;
  let since = performance.now();
  const change = (by: number) => {
    const now = performance.now();
    total += inFlight * (now - since);
    since = now;
    inFlight += by;
  };
  subscribe("undici:request:create", () => change(1));
  subscribe("undici:request:trailers", () => change(-1));
  subscribe("undici:request:error", () => change(-1));
  return {
    /** Milliseconds of all requests so far, those in flight at once counted each for itself. */
    requestMs() {
      change(0);
      return total;
    },
  };
}

/** What a request is about: the kind of blob, the table, or the queue. The account's name is the first segment. */
function subjectOf(service: Service, path: string): string {
  const [, , ...rest] = (path.split("?")[0] ?? "").split("/");
  if (service === "blob") return /\/(packs|ledger)\//.exec(path)?.[1] ?? (rest[1] || "container");
  if (service === "table") return (rest[0] ?? "").replace(/\(.*/, "");
  return rest[0] ?? "";
}

export function difference(after: Counts, before: Counts): Counts {
  const grown = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}

export function sum(counts: Counts, pattern: RegExp): number {
  return Object.entries(counts).reduce((total, [name, count]) => (pattern.test(name) ? total + count : total), 0);
}
