// The port Directory on Graph: the user objects and the groups of the tenant.
import { z } from "zod";
import type { Directory, DirectoryUser } from "../../ports/directory.js";
import type { Answer } from "./answer.js";
import type { GraphClient } from "./client.js";
import { directoryGroups } from "./directory-groups.js";
import { directoryUnits } from "./directory-units.js";
import { type Asking, userFinder } from "./find-user.js";
import { follow, maybe, type Page, readJson, readPage } from "./json.js";
import { valueIn } from "./mailbox-ask.js";
import { PageSize } from "./page-size.js";
import { userChanges } from "./user-changes.js";
import { readUser, userSelect } from "./user-json.js";

/** https://learn.microsoft.com/graph/api/user-list: at most 999. */
const usersPerPage = 999;

export function graphDirectory(client: GraphClient, origin: string): Directory {
  const sizes = new PageSize(usersPerPage);
  const route = "/users";

  async function page(query: (pageSize: number) => string, options: Asking = {}): Promise<Page<DirectoryUser>> {
    const { link, eventual = false } = options;
    const read = (answer: Answer) => readPage(answer, { item: readUser, origin, asked: link });
    const reply = await client.askPage(sizes, (pageSize) => {
      const target = link === undefined ? { path: `/users?${query(pageSize)}` } : { link };
      return { route, where: "directory", target, read, expects: "json", eventual };
    });
    return valueIn(reply, route);
  }

  async function* pages(): AsyncGenerator<DirectoryUser[]> {
    const all = (pageSize: number) => `${userSelect}&$top=${pageSize}`;
    yield* follow(await page(all), (link) => page(all, { link }));
  }

  return {
    users: pages,
    find: userFinder({ client, page, pages }),
    async countUsers() {
      const reply = await client.ask({
        route,
        where: "directory",
        target: { path: "/users?$select=id&$top=1&$count=true" },
        read: (answer) => readJson(answer, Count)["@odata.count"],
        expects: "json",
        eventual: true,
      });
      return valueIn(reply, route) ?? undefined;
    },
    ...userChanges(client, origin),
    ...directoryGroups(client, origin),
    ...directoryUnits(client, origin),
  };
}

const Count = z.object({ value: z.array(z.unknown()), "@odata.count": maybe(z.number().int().nonnegative()) });
