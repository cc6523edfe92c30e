// One user by whatever name he goes: object id, principal name, address, or the distinguished name on premises.
import { z } from "zod";
import { distinguishedParts, spelledOut } from "../../core/distinguished-name.js";
import { isMailkeepError } from "../../core/errors.js";
import type { Directory, DirectoryUser } from "../../ports/directory.js";
import type { GraphClient } from "./client.js";
import { follow, type Page, readJson } from "./json.js";
import { valueIn } from "./mailbox-ask.js";
import { hasAddress, readUser, userSelect } from "./user-json.js";

/** No user is called anything else: RFC 5321 allows 254 characters and no spaces, Entra no slashes. */
const possible = /^[^\s/\\?\p{Cc}]{1,254}$/u;

export interface Asking {
  link?: string;
  eventual?: boolean;
}

export interface UserQuestions {
  client: GraphClient;
  /** One page of `GET /users`. */
  page(query: (pageSize: number) => string, asking?: Asking): Promise<Page<DirectoryUser>>;
  /** All users. */
  pages(): AsyncIterable<DirectoryUser[]>;
}

export function userFinder({ client, page, pages }: UserQuestions): Directory["find"] {
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
    return (await byFilter(hasAddress(wanted), fits)) ?? orNobody(byFilter(`mail eq ${quoted(wanted)}`, fits));
  }

  /** Whoever does not take the question leaves the answer as it was: nobody. */
  async function orNobody(found: Promise<DirectoryUser | undefined>): Promise<DirectoryUser | undefined> {
    try {
      return await found;
    } catch (error) {
      if (!isRefusedQuery(error)) throw error;
      return undefined;
    }
  }

  async function byDistinguishedName(name: string): Promise<DirectoryUser | undefined> {
    const wanted = distinguishedKey(name);
    const fits = ({ onPremisesDistinguishedName: dn }: DirectoryUser) =>
      dn !== undefined && distinguishedKey(dn) === wanted;
    try {
      return await byFilter(`onPremisesDistinguishedName eq ${quoted(spelledOut(name))}`, fits, true);
    } catch (error) {
      if (!isRefusedQuery(error)) throw error;
    }
    // Not every directory takes that filter; all users are read then, once for all who ask at the same time.
    scan ??= everybody().finally(() => {
      scan = undefined;
    });
    return (await scan).find(fits);
  }

  let scan: Promise<DirectoryUser[]> | undefined;
  async function everybody(): Promise<DirectoryUser[]> {
    const all: DirectoryUser[] = [];
    for await (const users of pages()) all.push(...users);
    return all;
  }

  return async (name) => {
    if (distinguishedParts(name)?.some((part) => part.startsWith("dc="))) return byDistinguishedName(name);
    if (!possible.test(name)) return undefined;
    return (await byName(name)) ?? (name.includes("@") ? byAddress(name) : undefined);
  };
}

const isRefusedQuery = (error: unknown): boolean => isMailkeepError(error, "invalid") && error.status === 400;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Two spellings of one distinguished name are one name. */
const distinguishedKey = (name: string): string => (distinguishedParts(name) ?? [name]).join("\n");
