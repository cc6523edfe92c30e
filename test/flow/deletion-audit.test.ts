// What a rule deletes stands in the audit, message by message; and nothing is deleted that cannot be written there.
import { expect, it } from "vitest";
import { MailkeepError } from "../../lib/core/errors.js";
import { messageKey } from "../../lib/core/ids.js";
import type { RowStore } from "../../lib/ports/row-store.js";
import { deliverOld, placeOf, switchedOn } from "../build/a-deletion.js";
import { aWorld } from "../build/a-world.js";

const empty = { messagesPerMailbox: 0 };

it("names each message before it goes, and what came of it", async () => {
  await using world = await aWorld({ tenant: empty });
  const ids = deliverOld(world, 3);
  const { profile } = await switchedOn(world, { action: "moveToDeletedItems" });
  const run = await world.run(profile);
  expect(run.deletion?.deleted).toBe(3);
  const { value } = await world.app.audit.list({ limit: 100, subject: "rule" });
  const told = value.reverse().map(({ object, action, outcome, request }) => ({ object, action, outcome, request }));
  for (const id of ids) {
    const object = `mailboxes/${world.mailbox().id}/messages/${messageKey(id as never)}`;
    expect(told.filter((one) => one.object === object)).toEqual(
      ["asked", "done"].map((outcome) => ({ object, action: "moveToDeletedItems", outcome, request: run.id })),
    );
  }
  expect(await world.app.audit.check({})).toMatchObject({ intact: true });
});

it("deletes nothing while the audit cannot be written", async () => {
  let isAway = false;
  const without = (rows: RowStore): RowStore => ({
    ...rows,
    batch: (table, ...rest) =>
      table === "audit" && isAway
        ? Promise.reject(new MailkeepError("unavailable", "tables are away"))
        : rows.batch(table, ...rest),
  });
  await using world = await aWorld({ tenant: empty, edges: (edges) => ({ ...edges, rows: without(edges.rows) }) });
  const ids = deliverOld(world, 3);
  const { profile } = await switchedOn(world, { action: "moveToDeletedItems" });
  isAway = true;
  const run = await world.run(profile);
  expect(run.deletion?.deleted).toBe(0);
  expect(run.problems.concat(...(await world.parts(run.id)).map(({ problems }) => problems)).length).toBeGreaterThan(0);
  expect(ids.map((id) => placeOf(world, id))).toEqual(ids.map(() => "/Inbox"));
});
