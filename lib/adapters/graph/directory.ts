// The port Directory on Graph: the user objects and the groups of the tenant.
import { z } from "zod";
import { distinguishedParts, spelledOut } from "../../core/distinguished-name.js";
import type { Directory, DirectoryUser } from "../../ports/directory.js";
import type { Answer } from "./answer.js";
import type { GraphClient } from "./client.js";
import { directoryGroups } from "./directory-groups.js";
import { directoryUnits } from "./directory-units.js";
import { follow, maybe, type Page, readJson, readPage } from "./json.js";
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

  async function page(query: (pageSize: number) => string, options: Asking = {}): Promise<Page<DirectoryUser>> {
    const { link, eventual = false } = options;
    const read = (answer: Answer) => readPage(answer, { item: readUser, origin, asked: link });
    const reply = await client.askPage(sizes, (pageSize) => {
      const target = link === undefined ? { path: `/users?${query(pageSize)}` } : { link };
      return { route, where: "directory", target, read, expects: "json", eventual };
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

  /** Only a user who fits is an answer, whatever the filter let through. */
  async function byFilter(filter: string, fits: (user: DirectoryUser) => boolean, eventual = false) {
    const query = () => `$filter=${encodeURIComponent(filter)}&${userSelect}${eventual ? "&$count=true" : ""}`;
    const first = await page(query, { eventual });
    for await (const users of follow(first, (link) => page(query, { link, eventual }))) {
      const found = users.find(fits);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The addresses of a user are among its proxyAddresses; one without a mailbox may have no other than `mail`. */
  async function byAddress(address: string): Promise<DirectoryUser | undefined> {
    const wanted = address.toLowerCase();
    const fits = ({ addresses }: DirectoryUser) => addresses.includes(wanted);
    return (await byFilter(hasAddress(wanted), fits)) ?? byFilter(`mail eq ${quoted(wanted)}`, fits);
  }

  async function byDistinguishedName(name: string): Promise<DirectoryUser | undefined> {
    const wanted = distinguishedKey(name);
    const fits = ({ onPremisesDistinguishedName: dn }: DirectoryUser) =>
      dn !== undefined && distinguishedKey(dn) === wanted;
    return byFilter(`onPremisesDistinguishedName eq ${quoted(spelledOut(name))}`, fits, true);
  }

  return {
    async *users() {
      const all = (pageSize: number) => `${userSelect}&$top=${pageSize}`;
      yield* follow(await page(all), (link) => page(all, { link }));
    },
    async find(name) {
      if (distinguishedParts(name)?.some((part) => part.startsWith("dc="))) return byDistinguishedName(name);
      if (!possible.test(name)) return undefined;
      return (await byName(name)) ?? (name.includes("@") ? byAddress(name) : undefined);
    },
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

interface Asking {
  link?: string;
  eventual?: boolean;
}

const Count = z.object({ value: z.array(z.unknown()), "@odata.count": maybe(z.number().int().nonnegative()) });

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Two spellings of one distinguished name are one name. */
const distinguishedKey = (name: string): string => (distinguishedParts(name) ?? [name]).join("\n");
