// Links that Graph gives: opaque, to be sent back byte for byte, and only to the host they are for.
import { MailkeepError } from "../../core/errors.js";

export const version = "v1.0";

const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The origin of a base URL.
 * @throws MailkeepError `invalid` unless it is a bare origin, https or loopback.
 */
export function originOf(baseUrl: string): string {
  const url = URL.parse(baseUrl);
  if (url === null || url.pathname !== "/" || url.search !== "" || url.username !== "")
    throw new MailkeepError("invalid", "the Graph base URL must be an origin, such as https://graph.microsoft.com");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback.has(url.hostname)))
    throw new MailkeepError("invalid", "the Graph base URL must be https; http is for loopback only");
  return url.origin;
}

const shape = /^(https?:\/\/[^/?#\\@\s]+)(\/[\x21-\x7e]*)$/i;

/**
 * Path and query of a nextLink or deltaLink, unchanged. A URL parser would rewrite it (`'` to `%27`, for one).
 * @throws MailkeepError `invalid` when the link leads to another origin or out of the version's path.
 */
export function pathOfLink(origin: string, link: string): string {
  const [, site, path] = shape.exec(link) ?? [];
  if (site === undefined || path === undefined || URL.parse(site)?.origin !== origin)
    throw new MailkeepError("invalid", "a paging link leads away from the configured Graph host; it was not followed");
  const steps = (path.split("?", 1)[0] ?? "").toLowerCase().replaceAll("%2e", ".").split("/");
  if (!path.startsWith(`/${version}/`) || steps.includes("..") || steps.includes("."))
    throw new MailkeepError("invalid", `a paging link leads out of /${version}/; it was not followed`);
  return path;
}
