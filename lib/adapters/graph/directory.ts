// The port Directory on Graph: the user objects of the tenant.
import { z } from "zod";
import { MailboxId } from "../../core/ids.js";
import type { Directory, DirectoryUser } from "../../ports/directory.js";
import type { Answer } from "./answer.js";
import type { GraphClient } from "./client.js";
import { follow, maybe, type Page, readItem, readJson, readPage } from "./json.js";
import { valueIn } from "./mailbox-ask.js";
import { PageSize } from "./page-size.js";

/** https://learn.microsoft.com/graph/api/user-list: at most 999. */
const usersPerPage = 999;

const userSelect =
  "$select=id,displayName,userPrincipalName,mail,proxyAddresses,accountEnabled,userType,assignedPlans,onPremisesSyncEnabled";

const UserJson = z.object({
  id: MailboxId,
  displayName: maybe(z.string()),
  userPrincipalName: maybe(z.string()),
  mail: maybe(z.string()),
  proxyAddresses: maybe(z.array(z.string())),
  accountEnabled: maybe(z.boolean()),
  userType: maybe(z.string()),
  assignedPlans: maybe(z.array(z.object({ service: maybe(z.string()), capabilityStatus: maybe(z.string()) }))),
  onPremisesSyncEnabled: maybe(z.boolean()),
});

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
    const filter = `proxyAddresses/any(p:p eq 'smtp:${address.replaceAll("'", "''")}')`;
    const found = await page(() => `$filter=${encodeURIComponent(filter)}&${userSelect}`);
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
  };
}

/** @throws Fault `malformed` */
function readUser(raw: unknown): DirectoryUser {
  const user = readItem(raw, UserJson);
  return {
    id: user.id,
    displayName: user.displayName ?? "",
    userPrincipalName: user.userPrincipalName ?? "",
    mail: user.mail?.toLowerCase() || undefined,
    addresses: smtpAddresses(user.proxyAddresses ?? [], user.mail),
    accountEnabled: user.accountEnabled ?? true,
    guest: user.userType?.toLowerCase() === "guest",
    hasExchangePlan: user.assignedPlans?.some(
      (plan) =>
        plan.service?.toLowerCase() === "exchange" &&
        // `Warning` is the grace period after a licence lapsed: the mailbox still works.
        ["enabled", "warning"].includes(plan.capabilityStatus?.toLowerCase() ?? ""),
    ),
    onPremisesSynced: user.onPremisesSyncEnabled === true,
  };
}

/** `SMTP:` marks the primary one, `smtp:` the others; `SIP:`, `X500:` and `SPO:` are no mail addresses. */
function smtpAddresses(proxies: string[], mail: string | null | undefined): string[] {
  const primary = proxies.filter((proxy) => proxy.startsWith("SMTP:"));
  const others = proxies.filter((proxy) => /^smtp:/i.test(proxy) && !proxy.startsWith("SMTP:"));
  const addresses = [...primary, ...others].map((proxy) => proxy.slice(5));
  return [...new Set([...addresses, ...(mail ? [mail] : [])].map((address) => address.toLowerCase()))];
}
