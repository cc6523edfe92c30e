// The `local` mode lets everybody in, so it answers only requests that were made on this machine, to this machine, and
// not by a page of another site in the person's browser (DNS rebinding shows in Host, cross-site calls in Origin).
import { MailkeepError } from "../core/errors.js";
import type { Call } from "./caller.js";

const names = new Set(["localhost", "127.0.0.1", "[::1]"]);
const address = /^(127\.0\.0\.1|(::ffff:)?127\.0\.0\.1|::1|\[::1\](:\d+)?|127\.0\.0\.1:\d+)$/;

/** What proxies and Azure's front ends tell of the caller: on a request made on this machine there is none, or it is this one. */
const toldByProxies = [
  "x-real-ip",
  "x-client-ip",
  "client-ip",
  "true-client-ip",
  "x-azure-clientip",
  "x-azure-socketip",
];
const onlyFromProxies = ["forwarded", "via", "x-original-host", "disguised-host", "x-arr-log-id", "x-azure-fdid"];

/** @throws forbidden with reason NOT_LOOPBACK */
export function assertLoopback({ url, headers }: Call): void {
  const hosts = [headers.get("host"), headers.get("x-forwarded-host")].filter((host) => host !== null);
  const origin = headers.get("origin");
  const origins = [url, ...hosts.map((host) => `http://${host}`), ...(origin === null ? [] : [origin])];
  const hops = ["x-forwarded-for", ...toldByProxies].flatMap((name) => (headers.get(name) ?? "").split(","));
  const local =
    origins.every(namesLoopback) &&
    hops.map((hop) => hop.trim()).every((hop) => hop === "" || address.test(hop)) &&
    onlyFromProxies.every((name) => headers.get(name) === null);
  if (!local)
    throw new MailkeepError("forbidden", "AUTH_MODE local answers only requests made on this machine", {
      reason: "NOT_LOOPBACK",
    });
}

function namesLoopback(url: string): boolean {
  return URL.canParse(url) && names.has(new URL(url).hostname);
}
