// Large attachments lie in the archive as gzip where that saves room, and come back as they were, whoever dies meanwhile.
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stoppedClock } from "../../lib/adapters/memory/clock.js";
import { sha256 } from "../../lib/core/digest.js";
import { attachmentPath } from "../../lib/ledger/record.js";
import { startTenant, type Tenant } from "../../lib/local/tenant/server.js";
import { carryOn, workUntilDead } from "../build/a-death.js";
import { aWorld, testStart, type World, type WorldEdges } from "../build/a-world.js";
import { aLargeMail, type LargeMail } from "../build/large-mail.js";
import { readBack } from "../build/read-back.js";
import { type Fault, faulty } from "../fakes/faulty.js";
import { anApi } from "../unit/http/an-api.js";

const clock = stoppedClock(testStart);
let tenant: Tenant;
let mail: LargeMail;
beforeAll(async () => {
  mail = aLargeMail(1_500_000, 1_200_000);
  tenant = await startTenant({ mailboxes: 1, messagesPerMailbox: 0, hugeMessageBytes: 0, now: clock.now });
  const box = tenant.mailboxes.list()[0]?.id ?? "";
  for (const folder of ["inbox", "archive"]) tenant.mailboxes.deliver(box, folder, mail.eml);
});
afterAll(() => tenant.close());

/** The attachments as they lie in the archive. */
async function lying({ edges: { blobs } }: World) {
  const names = blobs.names().filter((name) => name.startsWith("attachments/"));
  const [log, picture] = [attachmentPath(sha256(mail.log)), attachmentPath(sha256(mail.picture))];
  expect(names).toEqual([log, picture].sort());
  return { log: await blobs.get(log), picture: await blobs.get(picture) };
}

it("keeps a log as gzip and a picture as it is, and gives both back over HTTP", async () => {
  await using world = await aWorld({ shared: tenant, clock });
  const { id: box } = world.mailbox();
  expect(await world.run(await world.profile())).toMatchObject({ status: "succeeded", tally: { stored: 2 } });
  const { log, picture } = await lying(world);
  expect([log.contentEncoding, picture.contentEncoding]).toEqual(["gzip", undefined]);
  expect(log.bytes.length).toBeLessThan(mail.log.length * 0.6);
  expect(mail.log.equals(gunzipSync(log.bytes))).toBe(true);
  expect(mail.picture.equals(picture.bytes)).toBe(true);
  const ask = anApi(world.app);
  const { json } = await ask("GET", `/mailboxes/${box}/messages`);
  expect(json.value).toHaveLength(2);
  for (const { key } of json.value) {
    const at = `/mailboxes/${box}/messages/${key}`;
    expect((await ask("GET", `${at}/eml`)).bytes.equals(mail.eml)).toBe(true);
    const parts = [await ask("GET", `${at}/attachments/1`), await ask("GET", `${at}/attachments/2`)];
    expect(parts.map(({ bytes }, n) => bytes.equals(n === 0 ? mail.log : mail.picture))).toEqual([true, true]);
    expect(parts.map(({ headers }) => headers.get("content-encoding"))).toEqual([null, null]);
    const part = await ask("GET", `${at}/attachments/1`, { headers: { range: "bytes=1400000-1400099" } });
    expect([part.status, part.bytes.equals(mail.log.subarray(1_400_000, 1_400_100))]).toEqual([206, true]);
  }
});

it.each(["before", "after"] as const)(
  "reaches the same archive when it is killed %s any call to storage",
  async (when) => {
    let calls = Number.POSITIVE_INFINITY;
    for (let failAt = 1; failAt <= calls; failAt++) {
      const fault: Fault = { calls: 0, failAt, when, dead: true };
      await using world = await aWorld({ shared: tenant, clock });
      await using dying = await aWorld({
        shared: tenant,
        clock,
        stores: world,
        edges: (edges) => ({ ...edges, blobs: faulty(edges.blobs, fault) }),
      });
      const profile = await world.profile();
      clock.advance(1_000);
      await world.app.profiles.run(profile);
      await workUntilDead(dying, fault);
      if (fault.calls < failAt) calls = fault.calls;
      await carryOn(world);
      const { log, picture } = await lying(world);
      expect([log.contentEncoding, picture.contentEncoding], `killed ${when} call ${failAt}`).toEqual([
        "gzip",
        undefined,
      ]);
      const { stored } = await readBack(world.edges.blobs, world.mailbox().id);
      expect(stored.map((one) => one.sha256)).toEqual([sha256(mail.eml), sha256(mail.eml)]);
    }
    expect(calls).toBeGreaterThan(6);
  },
);

/** From the first upload on, what is read of a message is not what was proven. */
function spoiling(edges: WorldEdges): WorldEdges {
  let uploads = 0;
  const blobs: WorldEdges["blobs"] = {
    ...edges.blobs,
    putStreamIfAbsent: (...args) => {
      uploads++;
      return edges.blobs.putStreamIfAbsent(...args);
    },
  };
  const open: WorldEdges["mail"]["open"] = (...args) => {
    const reader = edges.mail.open(...args);
    const mime = reader.mime.bind(reader);
    reader.mime = async (id) => {
      const outcome = await mime(id);
      if (outcome.kind !== "mime") return outcome;
      const { body } = outcome;
      const read = async function* (start?: number, end?: number) {
        for await (const chunk of body.read(start, end))
          yield uploads === 0 ? chunk : Buffer.from(Buffer.from(chunk).toString("latin1").replace("A", "B"), "latin1");
      };
      return { kind: "mime", body: { ...body, read, dispose: () => body.dispose() } };
    };
    return reader;
  };
  return { ...edges, blobs, mail: { open } };
}

it("leaves nothing under an attachment's name when other bytes are uploaded than were proven", async () => {
  await using world = await aWorld({ shared: tenant, clock, edges: spoiling });
  const run = await world.run(await world.profile());
  expect(run).toMatchObject({ status: "succeededWithGaps", tally: { stored: 0, quarantined: 2 } });
  expect(world.edges.blobs.names().filter((name) => name.startsWith("attachments/"))).toEqual([]);
});
