// How a run chose its mailboxes, as the API shows it.
import { z } from "zod";
import { KeptOverrideAnswer } from "./overrides.js";

const count = z.number().int().min(0);
const time = z.iso.datetime();
const Mode = z.enum(["single", "all", "except", "only"]);

export const SelectedByAnswer = z.strictObject({
  mode: Mode,
  name: z.string().optional().describe("As the profile writes it; absent when the rule alone chose the mailbox"),
  how: z.enum(["rule", "objectId", "address", "alias", "userPrincipalName", "distinguishedName", "group", "container"]),
  note: z.string().optional().describe("What the name was resolved to"),
  path: z.array(z.string()).optional().describe("The groups from the named one down to the one that holds the user"),
});

export const SelectionAnswer = z.strictObject({
  mode: Mode,
  overrides: z
    .array(KeptOverrideAnswer)
    .describe("Whom the overrides of the profile mean, those that hold for nobody first; at most 100"),
  overridesCount: count,
  groups: z
    .array(
      z.strictObject({
        name: z.string(),
        kind: z.enum([
          "security",
          "mailEnabledSecurity",
          "distribution",
          "microsoft365",
          "dynamicDistribution",
          "container",
          "administrativeUnit",
          "unknown",
        ]),
        displayName: z.string(),
        users: count.describe("Members who are users, those of nested groups included"),
        nested: z.array(z.string()).describe("The ways to the groups in it, at most 50"),
        nestedCount: count,
        ignored: z
          .array(z.strictObject({ name: z.string(), reason: z.string() }))
          .describe("Members that are no users, at most 20"),
        ignoredCount: count,
      }),
    )
    .describe("At most 100"),
});

const People = z.array(z.strictObject({ id: z.string(), address: z.string() })).describe("At most 100");

export const DirectoryAnswer = z.strictObject({
  syncedAt: time,
  since: time.nullable().describe("The sync that the run of this profile before this one worked with"),
  joined: People,
  joinedCount: count,
  left: People,
  leftCount: count,
});
