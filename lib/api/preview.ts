// Previews over HTTP: what a profile would do, before it does it.
import { z } from "zod";
import { ProfileId } from "../core/ids.js";
import { settingNames } from "../profiles/overrides.js";
import { help } from "./errors.js";
import { AppliedOverrideAnswer, OverridePlaceAnswer, SettingsAnswer, SettingValuesAnswer } from "./overrides.js";
import { ProfileDraft } from "./reach.js";
import { route } from "./route.js";
import { SelectedByAnswer, SelectionAnswer } from "./run-selection.js";

const count = z.number().int().min(0);
const time = z.iso.datetime();
const Who = { id: z.string(), address: z.string(), displayName: z.string() };

const Sampled = z.strictObject({
  looked: count.describe("Messages that were looked at"),
  wanted: count.describe("The filter wants them now"),
  later: count.describe("It will, once they are old enough"),
  left: z.record(z.string(), count).describe("It does not, by cause"),
  unjudged: count.describe("Among `wanted`: Graph does not say of them what the filter asks, so they are taken"),
  oldEnough: count.describe("Old enough for the deletion rule"),
});

export const PreviewAnswer = z.strictObject({
  directoryAsOf: time,
  mailboxes: z.strictObject({ chosen: count, excluded: count, unresolved: count }),
  chosen: z
    .array(
      z.strictObject({
        ...Who,
        kind: z.string(),
        selectedBy: SelectedByAnswer,
        override: AppliedOverrideAnswer.nullable().describe(
          "The override that holds for it; null: the profile's settings",
        ),
      }),
    )
    .describe("The first thousand"),
  excluded: z.array(z.strictObject({ ...Who, reason: z.string(), because: z.string(), selectedBy: SelectedByAnswer })),
  unresolved: z.array(
    z.strictObject({
      address: z.string(),
      reason: z.string(),
      message: z.string(),
      fatal: z.boolean().describe("Nothing would be archived: whom an exception means is not known"),
    }),
  ),
  groups: SelectionAnswer.shape.groups,
  settings: SettingsAnswer,
  overrides: z
    .array(OverridePlaceAnswer)
    .describe("Whom the overrides mean, in the order of the profile; the first thousand"),
  problems: z
    .array(z.strictObject({ code: z.string(), message: z.string(), ...help }))
    .describe("Overrides that hold for nobody, or that contradict each other; at most 100"),
  counted: z
    .array(
      z.strictObject({
        ...Who,
        settings: SettingValuesAnswer.describe("What holds for it, whole"),
        overridden: z.array(z.enum(settingNames)).describe("Which of that its override gives"),
        status: z.enum(["counted", "busy", "notRead"]).describe("busy: a run is at it; notRead: see problem"),
        problem: z.strictObject({ code: z.string(), message: z.string() }).optional(),
        folders: z.array(
          z.strictObject({
            path: z.string(),
            messages: count.describe("As the folder says; advisory"),
            chosen: z.boolean(),
          }),
        ),
        problems: z.array(z.strictObject({ code: z.string(), message: z.string(), folderPath: z.string().optional() })),
        messages: count.describe("In the chosen folders"),
        archived: count,
        sampled: Sampled.nullable(),
      }),
    )
    .describe("Ten of the chosen mailboxes: the first five with an override, and the first of the others"),
  filter: z.strictObject({
    active: z.boolean(),
    sampled: Sampled,
    share: z.number().describe("Of the messages looked at, those that the filter wants now: an estimate"),
  }),
  deletion: z.strictObject({
    mode: z.enum(["none", "afterArchive"]),
    action: z.string().optional(),
    dryRun: z.boolean().optional(),
    exempt: count.optional().describe("Chosen mailboxes that an override keeps out of the rule"),
    oldEnoughNow: count.optional(),
    firstAfterDays: count.optional(),
    mostInOneRun: count.optional(),
    runsUntilDone: count.optional(),
    note: z.string(),
  }),
  firstRun: z
    .strictObject({
      basis: z.enum(["counted", "extrapolated", "none"]),
      mailboxes: count,
      messages: count,
      toFetch: count,
      bytes: count,
      storedBytes: count,
      graphRequests: count,
      seconds: count.describe("On one instance; Azure adds instances when work waits"),
      largestMailboxSeconds: count,
      usd: z.strictObject({ run: z.number(), storagePerMonth: z.number() }).describe("List prices"),
      measuredOn: z.string().describe("When the figures behind the estimate were measured"),
    })
    .describe("An estimate from the counts and from what archiving was measured to take"),
});

const tag = "profiles";

export const previewRoutes = {
  previewDraft: route({
    method: "POST",
    path: "/profiles/preview",
    tag,
    summary:
      "What a profile that is not saved would do: whom it chooses and why, folders with counts, filter, deletion, cost",
    right: "operate",
    body: ProfileDraft,
    answer: { status: 200, schema: PreviewAnswer },
    problems: [404, 409],
  }),
  previewProfile: route({
    method: "POST",
    path: "/profiles/{id}/preview",
    tag,
    summary: "The same for a saved profile; changes nothing",
    right: "operate",
    params: z.strictObject({ id: ProfileId }),
    answer: { status: 200, schema: PreviewAnswer },
    problems: [404, 409],
  }),
};
