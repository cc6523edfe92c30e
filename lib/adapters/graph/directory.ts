// The port Directory on Graph: the user objects and the groups of the tenant.
import { z } from "zod";
import type { Directory, DirectoryUser } from "../../ports/directory.js";
import type { Answer } from "./answer.js";
import type { GraphClient } from "./client.js";
import { directoryGroups } from "./directory-groups.js";
import { follow, type Page, readJson, readPage } from "./json.js";
import { valueIn } from "./mailbox-ask.js";
import { PageSize } from "./page-size.js";
import { userChanges } from "./user-changes.js";
import { hasAddress, readUser, userSelect } from "./user-json.js";

/** https://learn.microsoft.com/graph/api/user-list: at most 999. */
const usersPerPage = 999;

/** No user is called anything else: RFC 5321 allows 254 characters and no spaces, Entra no slashes. */
const possible = /^[^\s/\\?\p{Cc}]{1,254}$/u;

export function graphDirectory(client: GraphClient, origin: string): Directory {
  const sizes = new PageSize(usersPerPage);
  const route = "/users";

  async function page(query: (pageSize: number) => string, link?: string): Promise<Page<DirectoryUser>> {
    const read = (answer: Answer) => readPage(answer, { item: readUser, origin, asked: link });
    const reply = await client.askPage(sizes, (pageSize) => {
      const target = link === undefined ? { path: `/users?${query(pageSize)}` } : { link };
      return { route, where: "directory", target, read, expects: "json" };
    });
    return valueIn(reply, route);
  }

  async function byName(name: string): Promise<DirectoryUser | undefined> {
    const one = "/users/{id}";
    const reply = await client.ask({
      route: one,
      where: "directory",
      target: { path: `/users/${encodeURIComponent(name)}?${userSelect}` },
      read: (answer) => readUser(readJson(answer, z.unknown())),
      expects: "json",
    });
    return reply.kind === "absent" ? undefined : valueIn(reply, one);
  }

  /** Every SMTP address of a user is among its proxyAddresses; Graph compares them without regard to case. */
  async function byAddress(address: string): Promise<DirectoryUser | undefined> {
    const found = await page(() => `$filter=${encodeURIComponent(hasAddress(address))}&${userSelect}`);
    return found.items[0];
  }

  return {
    async *users() {
      const all = (pageSize: number) => `${userSelect}&$top=${pageSize}`;
      yield* follow(await page(all), (link) => page(all, link));
    },
    async find(idOrAddress) {
      if (!possible.test(idOrAddress)) return undefined;
      return (await byName(idOrAddress)) ?? (idOrAddress.includes("@") ? byAddress(idOrAddress) : undefined);
    },
    ...userChanges(client, origin),
    ...directoryGroups(client, origin),
  };
}
