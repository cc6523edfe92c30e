// A user object of Graph as the port knows it.
import { z } from "zod";
import { AnyMailboxId } from "../../core/ids.js";
import type { DirectoryUser } from "../../ports/directory.js";
import { maybe, readItem } from "./json.js";

const properties = [
  "id",
  "displayName",
  "userPrincipalName",
  "mail",
  "proxyAddresses",
  "accountEnabled",
  "userType",
  "assignedPlans",
  "onPremisesSyncEnabled",
  "onPremisesDistinguishedName",
];

export const userSelect = `$select=${properties.join(",")}`;

const UserJson = z.object({
  id: AnyMailboxId,
  displayName: maybe(z.string()),
  userPrincipalName: maybe(z.string()),
  mail: maybe(z.string()),
  proxyAddresses: maybe(z.array(z.string())),
  accountEnabled: maybe(z.boolean()),
  userType: maybe(z.string()),
  assignedPlans: maybe(z.array(z.object({ service: maybe(z.string()), capabilityStatus: maybe(z.string()) }))),
  onPremisesSyncEnabled: maybe(z.boolean()),
  onPremisesDistinguishedName: maybe(z.string()),
});

/** Every property that was asked for is there, be it as null. */
export const isWhole = (raw: object): boolean => properties.every((name) => Object.hasOwn(raw, name));

/** @throws Fault `malformed` */
export function readUser(raw: unknown): DirectoryUser {
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
    ...(user.onPremisesDistinguishedName && { onPremisesDistinguishedName: user.onPremisesDistinguishedName }),
  };
}

/** `SMTP:` marks the primary one, `smtp:` the others; `SIP:`, `X500:` and `SPO:` are no mail addresses. */
export function smtpAddresses(proxies: string[], mail: string | null | undefined): string[] {
  const primary = proxies.filter((proxy) => proxy.startsWith("SMTP:"));
  const others = proxies.filter((proxy) => /^smtp:/i.test(proxy) && !proxy.startsWith("SMTP:"));
  const addresses = [...primary, ...others].map((proxy) => proxy.slice(5));
  return [...new Set([...addresses, ...(mail ? [mail] : [])].map((address) => address.toLowerCase()))];
}

/** An OData filter for objects with this SMTP address, be it primary or alias. */
export const hasAddress = (address: string): string =>
  `proxyAddresses/any(p:p eq 'smtp:${address.replaceAll("'", "''")}')`;
