// An instance that is taken away has five seconds.
import { expect, it } from "vitest";
import { aWorld } from "../build/a-world.js";

const never = new Promise<void>(() => undefined);

it("does not wait for storage when it has nothing to write", async () => {
  await using world = await aWorld({
    tenant: { mailboxes: 1, messagesPerMailbox: 0 },
    edges: (edges) => ({ ...edges, ready: () => never }),
  });
  await expect(world.app.stop()).resolves.toBeUndefined();
});
