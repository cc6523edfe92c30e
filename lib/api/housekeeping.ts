// Housekeeping over HTTP: plan first, look at what would go, then apply the plan.
import { z } from "zod";
import { AnyMailboxId, HousekeepingId } from "../core/ids.js";
import { usualGraceDays } from "../housekeeping/housekeeping.js";
import { listOf, pageQuery } from "./list.js";
import { route } from "./route.js";

const count = z.number().int().min(0);
const time = z.iso.datetime();
const Kind = z
  .enum(["orphans", "repack", "regrow"])
  .describe(
    "orphans: packs and attachments that no committed ledger record needs. repack: many small packs of a mailbox into few. " +
      "regrow: the tables of each mailbox from its ledger, where they were lost or are behind; needs no plan",
  );

export const HousekeepingInput = z.strictObject({
  kind: Kind,
  dryRun: z.boolean().default(true).describe("true: make a plan, remove nothing. false: apply `plan`"),
  plan: HousekeepingId.optional().describe("The plan to apply, not older than a day"),
  mailbox: AnyMailboxId.optional().describe("Of the plan of a repacking, or of a regrowing: only this mailbox"),
  graceDays: z
    .number()
    .int()
    .min(0)
    .max(3_650)
    .default(usualGraceDays)
    .describe("Of a plan of orphans: only what was written, or replaced, at least so many days ago"),
});

const Amount = z.strictObject({ count, bytes: count });

export const HousekeepingAnswer = z.strictObject({
  id: z.string(),
  kind: Kind,
  dryRun: z.boolean(),
  plan: z.string().nullable(),
  graceDays: count,
  status: z
    .enum(["pending", "running", "waiting", "succeeded", "failed", "cancelled"])
    .describe("waiting: for work that began before the plan was ready; goes on by itself"),
  requestedAt: time,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  resumeAt: time.nullable(),
  planned: Amount.nullable().describe("Of a plan: what would go; of a regrowing the mailboxes whose tables are behind"),
  removed: Amount.nullable().describe("Of applied orphans: what is gone"),
  joined: Amount.nullable().describe("Of an applied repacking: packs that are not needed any more"),
  regrown: Amount.nullable().describe(
    "Of an applied regrowing: mailboxes, and the mail in them that the tables know again",
  ),
  made: Amount.nullable().describe("Of a repacking: packs that take their place; in a plan about so many"),
  kept: z
    .record(z.string(), count)
    .describe(
      "Left as they are: referenced or rescued (needed since), changed, protected (policy or hold), replacementDamaged; of a repacking damaged or tooFew; of a regrowing damaged, or held by a run, which regrows it itself",
    ),
  truncated: z.boolean().describe("There is more than a plan holds: apply it and plan again"),
  problem: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
});
export const HousekeepingList = listOf(HousekeepingAnswer);

export const HousekeepingItem = z.strictObject({
  kind: z.enum(["attachment", "pack", "mailbox"]),
  name: z.string().describe("Of the blob, or of the mailbox's folder of packs"),
  size: count,
  lastModified: time.nullable().describe("Of a blob"),
  packs: count.nullable().describe("Of a mailbox: packs that would be joined"),
  into: count.nullable().describe("Of a mailbox: packs that would take their place"),
  messages: count.nullable().describe("Of a mailbox: messages in those packs"),
  why: z.enum(["unreferenced", "replaced", "small", "behind"]),
  state: z.enum(["planned", "rescued", "removing", "removed", "kept", "joined"]),
  detail: z.string().nullable().describe("Why it was kept"),
});
export const HousekeepingItems = listOf(HousekeepingItem);

const tag = "housekeeping";
const params = z.strictObject({ id: HousekeepingId });

export const housekeepingRoutes = {
  startHousekeeping: route({
    method: "POST",
    path: "/housekeeping",
    tag,
    summary: "Plan what may be removed from the container, or apply such a plan; or regrow the tables from the ledgers",
    right: "configure",
    body: HousekeepingInput,
    answer: { status: 202, schema: HousekeepingAnswer, location: true },
    problems: [404, 409],
  }),
  listHousekeeping: route({
    method: "GET",
    path: "/housekeeping",
    tag,
    summary: "Plans and what came of them, newest first",
    right: "see",
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: HousekeepingList },
  }),
  getHousekeeping: route({
    method: "GET",
    path: "/housekeeping/{id}",
    tag,
    summary: "How a piece of housekeeping stands",
    right: "see",
    params,
    answer: { status: 200, schema: HousekeepingAnswer },
    problems: [404],
  }),
  listHousekeepingItems: route({
    method: "GET",
    path: "/housekeeping/{id}/items",
    tag,
    summary: "What would go, or went: every blob by name, with its state",
    right: "see",
    params,
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: HousekeepingItems },
    problems: [404],
  }),
  cancelHousekeeping: route({
    method: "POST",
    path: "/housekeeping/{id}/cancel",
    tag,
    summary: "Cancel: what is removed stays removed, the rest stays; what has ended otherwise is refused",
    right: "configure",
    params,
    answer: { status: 202, schema: HousekeepingAnswer, location: true },
    problems: [404, 409],
  }),
};
