// Mail without a subject: that Graph says null is an answer like any other, and no reason to ask again.
import { expect, it } from "vitest";
import { aWorld } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

it("is stored with one request, and known afterwards", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const { id } = world.mailbox();
  const mail = world.tenant.mailboxes;
  mail.deliver(id, "inbox", "From: a@contoso.example\r\n\r\nno subject at all\r\n");
  const profile = await world.profile();
  expect(await world.run(profile)).toMatchObject({ status: "succeeded", tally: { stored: 1 } });
  const single = "GET /users/{user}/messages/{message}";
  expect(world.tenant.requests.filter(({ route }) => route === single)).toEqual([]);
  const { stored } = await readBack(world.edges.blobs, id);
  expect(stored.map(({ id, sha256 }) => ({ id, sha256 }))).toEqual(world.wanted(id));
  expect(stored[0]).not.toHaveProperty("subject");
  mail.expireDeltaTokens(id, "inbox");
  expect(await world.run(profile)).toMatchObject({ status: "noChanges", tally: { known: 1 } });
});
