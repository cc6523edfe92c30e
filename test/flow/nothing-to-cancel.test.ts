// Work that has ended is not cancelled: whoever asks is told so, and does not believe that it was stopped.
import { expect, it } from "vitest";
import { aWorld } from "../build/a-world.js";
import { anApi } from "../unit/http/an-api.js";

it.each([
  { path: "/exports", wish: (mailbox: string) => ({ format: "mbox", mailboxes: [mailbox] }), code: "EXPORT_ENDED" },
  { path: "/verify", wish: () => ({}), code: "VERIFICATION_ENDED" },
  { path: "/housekeeping", wish: () => ({ kind: "orphans", dryRun: true }), code: "HOUSEKEEPING_ENDED" },
])("POST $path/{id}/cancel refuses what has ended, and answers as before where it was cancelled", async (asked) => {
  const { path, wish, code } = asked;
  await using world = await aWorld({ tenant: { messagesPerMailbox: 3 } });
  const ask = anApi(world.app);
  const body = wish(world.mailbox().address);
  await world.run(await world.profile());

  const ended = (await ask("POST", path, { body })).json;
  await world.settle();
  const told = (await ask("GET", `${path}/${ended.id}`)).json;
  expect(told.status).toBe("succeeded");
  const refused = await ask("POST", `${path}/${ended.id}/cancel`);
  expect(refused).toMatchObject({ status: 409, json: { code, help: `/api/v1/errors/${code}` } });
  expect(refused.json.detail).toContain(`${ended.id} has ended (succeeded)`);
  expect((await ask("GET", `${path}/${ended.id}`)).json).toEqual(told);

  world.clock.advance(1_000);
  const waiting = (await ask("POST", path, { body })).json;
  const cancel = () => ask("POST", `${path}/${waiting.id}/cancel`);
  const cancelled = await cancel();
  expect(cancelled).toMatchObject({ status: 202, json: { status: "cancelled" } });
  expect((await cancel()).json).toEqual(cancelled.json);
  await world.settle();
  expect((await cancel()).json).toMatchObject({ status: "cancelled" });
});
