// What holds for one mailbox of a profile, and by which override, as the API shows it.
import { z } from "zod";
import { overrideProblems } from "../mailboxes/overrides.js";
import { settingNames } from "../profiles/overrides.js";
import { ProfileInput } from "../profiles/profile.js";

const index = z.number().int().min(0).describe("The place of the override in the profile's list, from 0");
const Replaces = z.array(z.enum(settingNames)).describe("The settings that the override gives");

/** What holds, whole. */
export const SettingValuesAnswer = ProfileInput.pick({
  folders: true,
  filter: true,
  deletion: true,
  requestTimeoutSeconds: true,
});

export const AppliedOverrideAnswer = z.strictObject({
  index,
  name: z.string().describe("As the profile names the mailbox"),
  replaces: Replaces,
  conflictsWith: index
    .optional()
    .describe("Another override means the mailbox, too: the one named here holds, and nothing is deleted from it"),
});

export const SettingsAnswer = z.strictObject({
  profile: SettingValuesAnswer.describe("Of every mailbox that no override means"),
  overrides: z.array(
    z.strictObject({
      index,
      mailboxes: z.array(z.string()),
      replaces: Replaces,
      settings: SettingValuesAnswer.nullable().describe(
        "What holds for its mailboxes, whole; null once those before it come to a megabyte",
      ),
    }),
  ),
});

const Place = { index, name: z.string(), replaces: Replaces };
const ProblemCode = z.enum(overrideProblems);

/** Whom the overrides mean, as a preview shows it. */
export const OverridePlaceAnswer = z.strictObject({
  ...Place,
  mailbox: z
    .strictObject({ id: z.string(), address: z.string() })
    .nullable()
    .describe("Null when nobody in the directory has the name"),
  problem: z.strictObject({ code: ProblemCode, message: z.string() }).nullable(),
});

/** The same as a run keeps it. */
export const KeptOverrideAnswer = z.strictObject({
  ...Place,
  mailbox: z.string().nullable().describe("Null when nobody in the directory had the name"),
  address: z.string().nullable(),
  problem: ProblemCode.nullable(),
});
