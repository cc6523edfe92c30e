// What a profile says of some of its mailboxes otherwise than of all, as a caller writes it.
import { z } from "zod";
import { nameKey } from "./directory-name.js";
import { MessageFilter } from "./filter.js";
import { Folders } from "./folders.js";
import { Name } from "./selection.js";

/** Sent with every request of a run to Graph. */
export const RequestTimeoutSeconds = z.number().int().min(10).max(600);

const onlyNone =
  'must be "none": an override may only keep a mailbox out of the deletion rule; for a rule of its own give it a profile of its own';

/** In the order in which they are shown. */
export const settingNames = ["folders", "filter", "deletion", "requestTimeoutSeconds"] as const;
export type SettingName = (typeof settingNames)[number];

const Override = z
  .strictObject({
    mailboxes: z
      .array(Name)
      .min(1)
      .max(1_000)
      .describe("Users by address, alias, user principal name, object id or on-premises distinguished name; no groups"),
    folders: Folders.optional().describe("Instead of the profile's folders, as a whole"),
    filter: MessageFilter.optional().describe("Instead of the profile's filter, as a whole"),
    deletion: z
      .strictObject({ mode: z.literal("none", onlyNone) })
      .optional()
      .describe("Keeps these mailboxes out of the profile's deletion rule"),
    requestTimeoutSeconds: RequestTimeoutSeconds.optional(),
  })
  .refine((override) => settingNames.some((name) => override[name] !== undefined), {
    message: `replaces nothing; give one or more of ${settingNames.join(", ")}`,
  });
export type Override = z.infer<typeof Override>;

/** Names of all overrides together. */
const mostNames = 5_000;

/** A mailbox has one override at most: two that name it would contradict each other sooner or later. */
export const Overrides = z
  .array(Override)
  .max(200)
  .superRefine((overrides, check) => {
    const wrong = (path: PropertyKey[], message: string) => check.addIssue({ code: "custom", path, message });
    const first = new Map<string, string>();
    for (const [index, { mailboxes }] of overrides.entries())
      for (const [at, name] of mailboxes.entries()) {
        const before = first.get(nameKey(name));
        if (before === undefined) first.set(nameKey(name), `overrides[${index}].mailboxes[${at}]`);
        else wrong([index, "mailboxes", at], `is named by ${before} already; a mailbox has one override at most`);
      }
    if (first.size > mostNames) wrong([], `name ${first.size} mailboxes; all together may name ${mostNames}`);
  })
  .describe(
    "Mailboxes that are treated otherwise. What an override gives replaces the profile's value as a whole, with the usual defaults for what it leaves out inside; what it does not give is the profile's",
  );
