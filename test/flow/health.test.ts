// Health is of now: storage that answered at the start and no longer does is named, and named as storage.
import { expect, it } from "vitest";
import { MailkeepError } from "../../lib/core/errors.js";
import { aWorld } from "../build/a-world.js";

const away = () => Promise.reject(new MailkeepError("unavailable", "storage is away", { reason: "ECONNRESET" }));

it.each(["blobs", "rows"] as const)("says that storage does not answer when its %s do not", async (part) => {
  let isAway = false;
  await using world = await aWorld({
    tenant: { messagesPerMailbox: 0 },
    edges: (edges) => ({
      ...edges,
      blobs: { ...edges.blobs, exists: (name) => (isAway && part === "blobs" ? away() : edges.blobs.exists(name)) },
      rows: { ...edges.rows, get: (table, key) => (isAway && part === "rows" ? away() : edges.rows.get(table, key)) },
    }),
  });
  const storage = async () => (await world.app.health()).edges.find(({ name }) => name === "storage");
  expect(await storage()).toMatchObject({ ok: true });
  isAway = true;
  expect(await storage()).toEqual({ name: "storage", ok: false, problem: "ECONNRESET: storage is away" });
  expect((await world.app.health()).status).toBe("unwell");
});
