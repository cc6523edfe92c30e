// Our own storage fails for a moment: that is no gap of the mailbox, and nobody waits for ever.
import { expect, it } from "vitest";
import { MailkeepError } from "../../lib/core/errors.js";
import type { RowStore } from "../../lib/ports/row-store.js";
import { aWorld, byId } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const eml = (n: number) => `From: a@contoso.example\r\nSubject: m${n}\r\n\r\nHello ${n}\r\n`;

/** Fails lookups in the catalog while told to. */
function failingLookups(rows: RowStore, failure: { left: number }): RowStore {
  return {
    ...rows,
    async get(table, key) {
      if (table === "messages" && key.row.startsWith("k_") && failure.left-- > 0)
        throw new MailkeepError("unavailable", "storage is busy");
      return rows.get(table, key);
    },
  };
}

it("tries again when a lookup fails, and calls no folder unreadable for it", async () => {
  const failure = { left: 0 };
  await using world = await aWorld({
    tenant: { messagesPerMailbox: 0 },
    edges: (edges) => ({ ...edges, rows: failingLookups(edges.rows, failure) }),
  });
  const { id: box } = world.mailbox();
  const mail = world.tenant.mailboxes;
  const messages = [1, 2, 3].map((n) => mail.deliver(box, "inbox", eml(n)));
  const profile = await world.profile();
  await world.run(profile);
  // Two folders speak of each message; whoever asks first fails.
  for (const message of messages) mail.move(box, message, "archive");
  mail.deliver(box, "sentitems", eml(4));
  failure.left = 2;
  const run = await world.run(profile);
  expect(run).toMatchObject({ status: "succeeded", problems: [], moved: 3, tally: { stored: 1 } });
  expect((await world.parts(run.id)).find(({ mailbox }) => mailbox === box)?.problems).toEqual([]);
  const { stored } = await readBack(world.edges.blobs, box);
  expect(stored.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(box));
});
