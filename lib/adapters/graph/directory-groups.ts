// Groups of the tenant: found by id or address.
import { z } from "zod";
import type { Directory, DirectoryGroup } from "../../ports/directory.js";
import type { Answer } from "./answer.js";
import type { GraphClient } from "./client.js";
import { follow, maybe, readItem, readJson, readPage } from "./json.js";
import { valueIn } from "./mailbox-ask.js";
import { Id, membersOf } from "./members.js";
import { hasAddress, smtpAddresses } from "./user-json.js";

const groupSelect = "$select=id,displayName,mail,proxyAddresses,mailEnabled,securityEnabled,groupTypes";

const GroupJson = z.object({
  id: Id,
  displayName: maybe(z.string()),
  mail: maybe(z.string()),
  proxyAddresses: maybe(z.array(z.string())),
  mailEnabled: maybe(z.boolean()),
  securityEnabled: maybe(z.boolean()),
  groupTypes: maybe(z.array(z.string())),
});

interface FoundGroup extends DirectoryGroup {
  addresses: string[];
}

export function directoryGroups(client: GraphClient, origin: string): Pick<Directory, "group" | "groupMembers"> {
  const byIdRoute = "/groups/{id}";
  const listRoute = "/groups";

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

  return {
    async group(idOrAddress) {
      const found = idOrAddress.includes("@") ? await byAddress(idOrAddress) : await byId(idOrAddress);
      if (found === undefined) return undefined;
      const { addresses: _, ...group } = found;
      return group;
    },
    groupMembers: membersOf(client, origin, "/groups"),
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
