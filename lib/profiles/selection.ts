// Which mailboxes a profile means, as a caller writes it.
import { z } from "zod";
import { readName } from "./directory-name.js";

const listLimit = 10_000;

/** Whether anybody has the name is found out when the profile runs; what cannot be a name is refused at once. */
export const Name = z
  .string()
  .trim()
  .min(1)
  .max(1_000)
  .superRefine((name, check) => {
    const read = readName(name);
    if ("refused" in read) check.addIssue({ code: "custom", message: `"${shown(name)}" ${read.refused}` });
  });

const shown = (name: string): string => (name.length > 100 ? `${name.slice(0, 100)}…` : name);

/** Who: every mailbox of the connection, all but some, only some, or one. */
export const Mailboxes = z
  .strictObject({
    mode: z.enum(["single", "all", "except", "only"]),
    mailboxes: z
      .array(Name)
      .max(listLimit)
      .default([])
      .describe("Users by address, alias, user principal name, object id or on-premises distinguished name"),
    groups: z
      .array(Name)
      .max(1_000)
      .default([])
      .describe(
        "Groups by address or object id: security, Microsoft 365, distribution and dynamic distribution groups, with the groups in them; an administrative unit by its object id; or an organisational unit by its distinguished name",
      ),
  })
  .superRefine(({ mode, mailboxes, groups }, check) => {
    const wrong = (path: string, message: string) => check.addIssue({ code: "custom", path: [path], message });
    if (mode === "single" && mailboxes.length !== 1) wrong("mailboxes", "mode single needs exactly one mailbox");
    if (mode === "single" && groups.length > 0) wrong("groups", "mode single takes no groups; use only");
    if (mode === "only" && mailboxes.length + groups.length === 0)
      wrong("mailboxes", "mode only needs at least one mailbox or group");
    if (mode === "all" && mailboxes.length > 0) wrong("mailboxes", "mode all takes no list; use except or only");
    if (mode === "all" && groups.length > 0) wrong("groups", "mode all takes no groups; use except or only");
  });
