// The `local` mode lets everybody in, so it answers only requests that were made on this machine, to this machine, and
// not by a page of another site in the person's browser (DNS rebinding shows in Host, cross-site calls in Origin).
import { MailkeepError } from "../core/errors.js";
import type { Call } from "./caller.js";

const names = new Set(["localhost", "127.0.0.1", "[::1]"]);
const address = /^(127\.0\.0\.1|(::ffff:)?127\.0\.0\.1|::1|\[::1\](:\d+)?|127\.0\.0\.1:\d+)$/;

/** @throws forbidden with reason NOT_LOOPBACK */
export function assertLoopback({ url, headers }: Call): void {
  const hosts = [headers.get("host"), headers.get("x-forwarded-host")].filter((host) => host !== null);
  const origin = headers.get("origin");
  const origins = [url, ...hosts.map((host) => `http://${host}`), ...(origin === null ? [] : [origin])];
  const hops = (headers.get("x-forwarded-for") ?? "").split(",").map((hop) => hop.trim());
  const local = origins.every(namesLoopback) && hops.every((hop) => hop === "" || address.test(hop));
  if (!local)
    throw new MailkeepError("forbidden", "AUTH_MODE local answers only requests made on this machine", {
      reason: "NOT_LOOPBACK",
    });
}

function namesLoopback(url: string): boolean {
  return URL.canParse(url) && names.has(new URL(url).hostname);
}
