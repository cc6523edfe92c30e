// Administrative units of the tenant (https://learn.microsoft.com/graph/api/resources/administrativeunit). Reading them needs
// the application permission AdministrativeUnit.Read.All.
import { z } from "zod";
import { isMailkeepError } from "../../core/errors.js";
import type { Directory } from "../../ports/directory.js";
import type { GraphClient } from "./client.js";
import { maybe, readJson } from "./json.js";
import { valueIn } from "./mailbox-ask.js";
import { Id, membersOf } from "./members.js";

const place = "/directory/administrativeUnits";

const UnitJson = z.object({ id: Id, displayName: maybe(z.string()) });

export function directoryUnits(client: GraphClient, origin: string): Pick<Directory, "unit" | "unitMembers"> {
  const route = `${place}/{id}`;
  return {
    async unit(id) {
      try {
        const reply = await client.ask({
          route,
          where: "directory",
          target: { path: `${place}/${encodeURIComponent(id)}?$select=id,displayName` },
          read: (answer) => readJson(answer, UnitJson),
          expects: "json",
        });
        if (reply.kind === "absent") return undefined;
        const { displayName, ...unit } = valueIn(reply, route);
        return { ...unit, displayName: displayName ?? "" };
      } catch (error) {
        // Asked for by its id, so a 404 that gives a reason means that very object, whatever the reason is called.
        if (isMailkeepError(error, "invalid") && error.status === 404) return undefined;
        throw error;
      }
    },
    unitMembers: membersOf(client, origin, place),
  };
}
