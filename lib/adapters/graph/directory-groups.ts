// Groups of the tenant: found by id or address, and their direct members.
import { z } from "zod";
import { MailkeepError } from "../../core/errors.js";
import type { Directory, DirectoryGroup, GroupMember } from "../../ports/directory.js";
import type { Answer } from "./answer.js";
import type { GraphClient } from "./client.js";
import { follow, maybe, type Page, readItem, readJson, readPage } from "./json.js";
import { valueIn } from "./mailbox-ask.js";
import { PageSize } from "./page-size.js";
import { hasAddress, smtpAddresses } from "./user-json.js";

/** https://learn.microsoft.com/graph/api/group-list-members: at most 999. */
const membersPerPage = 999;

const groupSelect = "$select=id,displayName,mail,proxyAddresses,mailEnabled,securityEnabled,groupTypes";

const Id = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/);

const GroupJson = z.object({
  id: Id,
  displayName: maybe(z.string()),
  mail: maybe(z.string()),
  proxyAddresses: maybe(z.array(z.string())),
  mailEnabled: maybe(z.boolean()),
  securityEnabled: maybe(z.boolean()),
  groupTypes: maybe(z.array(z.string())),
});

const MemberJson = z.object({
  id: Id,
  "@odata.type": maybe(z.string()),
  displayName: maybe(z.string()),
  mail: maybe(z.string()),
  userPrincipalName: maybe(z.string()),
});

interface FoundGroup extends DirectoryGroup {
  addresses: string[];
}

export function directoryGroups(client: GraphClient, origin: string): Pick<Directory, "group" | "groupMembers"> {
  const sizes = new PageSize(membersPerPage);
  const byIdRoute = "/groups/{id}";
  const listRoute = "/groups";
  const membersRoute = "/groups/{id}/members";

  async function byId(id: string): Promise<FoundGroup | undefined> {
    const reply = await client.ask({
      route: byIdRoute,
      where: "directory",
      target: { path: `/groups/${encodeURIComponent(id)}?${groupSelect}` },
      read: (answer) => readGroup(readJson(answer, z.unknown())),
      expects: "json",
    });
    return reply.kind === "absent" ? undefined : valueIn(reply, byIdRoute);
  }

  /** Only a group that has the address is an answer, whatever the filter let through. */
  async function byFilter(filter: string, address: string): Promise<FoundGroup | undefined> {
    const read = (answer: Answer, asked?: string) => readPage(answer, { item: readGroup, origin, asked });
    const ask = async (target: { path: string } | { link: string }) =>
      valueIn(
        await client.ask({
          route: listRoute,
          where: "directory",
          target,
          read: (answer) => read(answer, "link" in target ? target.link : undefined),
          expects: "json",
        }),
        listRoute,
      );
    const first = await ask({ path: `/groups?$filter=${encodeURIComponent(filter)}&${groupSelect}` });
    for await (const groups of follow(first, (link) => ask({ link }))) {
      const found = groups.find(({ addresses }) => addresses.includes(address.toLowerCase()));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async function byAddress(address: string): Promise<FoundGroup | undefined> {
    const quoted = address.replaceAll("'", "''");
    return (await byFilter(`mail eq '${quoted}'`, address)) ?? byFilter(hasAddress(address), address);
  }

  async function members(id: string, link?: string): Promise<Page<GroupMember>> {
    const read = (answer: Answer) => readPage(answer, { item: readMember, origin, asked: link });
    const reply = await client.askPage(sizes, (pageSize) => {
      const path = `/groups/${encodeURIComponent(id)}/members?$select=id,displayName,mail,userPrincipalName&$top=${pageSize}`;
      return {
        route: membersRoute,
        where: "directory",
        target: link === undefined ? { path } : { link },
        read,
        expects: "json",
      };
    });
    if (reply.kind === "absent")
      throw new MailkeepError("not-found", "the group is gone from the directory", { reason: reply.reason });
    return valueIn(reply, membersRoute);
  }

  return {
    async group(idOrAddress) {
      const found = idOrAddress.includes("@") ? await byAddress(idOrAddress) : await byId(idOrAddress);
      if (found === undefined) return undefined;
      const { addresses: _, ...group } = found;
      return group;
    },
    async *groupMembers(id) {
      yield* follow(await members(id), (link) => members(id, link));
    },
  };
}

/** @throws Fault `malformed` */
function readGroup(raw: unknown): FoundGroup {
  const group = readItem(raw, GroupJson);
  const addresses = smtpAddresses(group.proxyAddresses ?? [], group.mail);
  return {
    id: group.id,
    displayName: group.displayName ?? "",
    address: group.mail?.toLowerCase() || addresses[0],
    addresses,
    kind: kindOf(group),
  };
}

function kindOf({ groupTypes, mailEnabled, securityEnabled }: z.infer<typeof GroupJson>): DirectoryGroup["kind"] {
  if (groupTypes?.some((type) => type.toLowerCase() === "unified")) return "microsoft365";
  if (mailEnabled !== true) return "security";
  return securityEnabled === true ? "mailEnabledSecurity" : "distribution";
}

/** A member that the application may not read comes with its id and type alone. @throws Fault `malformed` */
function readMember(raw: unknown): GroupMember {
  const member = readItem(raw, MemberJson);
  const type = member["@odata.type"]?.split(".").at(-1) ?? "";
  const kind = type === "user" || type === "group" ? type : type !== "" ? "other" : "unknown";
  return {
    id: member.id,
    // Without a type, only a user has a principal name.
    kind: kind === "unknown" && member.userPrincipalName ? "user" : kind,
    type,
    // Groups are told apart by their address: several may have one display name.
    name: (kind === "group" && member.mail) || member.displayName || member.mail || member.userPrincipalName || "",
  };
}
