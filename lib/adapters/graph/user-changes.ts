// What became of the tenant's users since a bookmark: users/delta
// (https://learn.microsoft.com/graph/delta-query-overview; a bookmark of the directory lives seven days).
import { z } from "zod";
import { isMailkeepError, MailkeepError } from "../../core/errors.js";
import { AnyMailboxId } from "../../core/ids.js";
import type { Directory, UserChange } from "../../ports/directory.js";
import type { Answer } from "./answer.js";
import type { GraphClient, Reply } from "./client.js";
import { type Page, readItem, readPage } from "./json.js";
import { pathOfLink } from "./link.js";
import { valueIn } from "./mailbox-ask.js";
import { PageSize } from "./page-size.js";
import { isWhole, readUser, userSelect } from "./user-json.js";

const route = "/users/delta";

const Removal = z.object({ id: AnyMailboxId, "@removed": z.unknown() });

export function userChanges(client: GraphClient, origin: string): Pick<Directory, "bookmark" | "changesSince"> {
  const sizes = new PageSize(999);

  function page(target: { path: string } | { link: string }, first: boolean): Promise<Reply<Page<UserChange>>> {
    const asked = "link" in target ? target.link : undefined;
    const read = (answer: Answer) => readPage(answer, { item: readChange, origin, asked });
    const where = first && asked === undefined ? "directory" : "directory-link";
    return client.askPage(sizes, () => ({ route, where, target, read, expects: "json" }));
  }

  /** Undefined: a link on the way has died. */
  async function round(target: { path: string } | { link: string }) {
    const changes: UserChange[] = [];
    const seen = new Set<string>();
    let reply = await page(target, true);
    for (;;) {
      if (reply.kind === "resync") return undefined;
      const { items, nextLink, deltaLink } = valueIn(reply, route);
      changes.push(...items);
      if (deltaLink !== undefined) return { changes, bookmark: deltaLink };
      if (nextLink === undefined || seen.has(nextLink)) return undefined;
      seen.add(nextLink);
      reply = await page({ link: nextLink }, false);
    }
  }

  return {
    async bookmark() {
      const end = await round({ path: `${route}?${userSelect}&$deltatoken=latest` });
      if (end !== undefined) return end.bookmark;
      throw new MailkeepError("unavailable", "the directory gave no bookmark");
    },
    async changesSince(bookmark) {
      if (!leadsHere(bookmark, origin)) return { kind: "resync" };
      const end = await round({ link: bookmark });
      return end === undefined ? { kind: "resync" } : { kind: "changes", ...end };
    },
  };
}

/** Whether a link kept from an earlier day still leads to the Graph that is configured now. */
function leadsHere(link: string, origin: string): boolean {
  try {
    pathOfLink(origin, link);
    return true;
  } catch (error) {
    if (isMailkeepError(error, "invalid")) return false;
    throw error;
  }
}

/** @throws Fault `malformed` */
function readChange(raw: unknown): UserChange {
  if (raw !== null && typeof raw === "object" && "@removed" in raw)
    return { kind: "removed", id: readItem(raw, Removal).id };
  const user = readUser(raw);
  const whole = raw !== null && typeof raw === "object" && isWhole(raw);
  return { kind: "present", id: user.id, ...(whole && { user }) };
}
