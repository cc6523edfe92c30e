// The direct members of a group or an administrative unit.
import { z } from "zod";
import { MailkeepError } from "../../core/errors.js";
import type { GroupMember } from "../../ports/directory.js";
import type { Answer } from "./answer.js";
import type { GraphClient } from "./client.js";
import { follow, maybe, type Page, readItem, readPage } from "./json.js";
import { valueIn } from "./mailbox-ask.js";
import { PageSize } from "./page-size.js";

/** https://learn.microsoft.com/graph/api/group-list-members: at most 999. */
const membersPerPage = 999;

export const Id = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/);

const MemberJson = z.object({
  id: Id,
  "@odata.type": maybe(z.string()),
  displayName: maybe(z.string()),
  mail: maybe(z.string()),
  userPrincipalName: maybe(z.string()),
});

/** `place`: below which path the groups or units are. */
export function membersOf(
  client: GraphClient,
  origin: string,
  place: string,
): (id: string) => AsyncIterable<GroupMember[]> {
  const sizes = new PageSize(membersPerPage);
  const route = `${place}/{id}/members`;

  async function members(id: string, link?: string): Promise<Page<GroupMember>> {
    const read = (answer: Answer) => readPage(answer, { item: readMember, origin, asked: link });
    const reply = await client.askPage(sizes, (pageSize) => {
      const path = `${place}/${encodeURIComponent(id)}/members?$select=id,displayName,mail,userPrincipalName&$top=${pageSize}`;
      return { route, where: "directory", target: link === undefined ? { path } : { link }, read, expects: "json" };
    });
    if (reply.kind === "absent")
      throw new MailkeepError("not-found", "it is gone from the directory", { reason: reply.reason });
    return valueIn(reply, route);
  }

  return async function* (id) {
    yield* follow(await members(id), (link) => members(id, link));
  };
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
