// The same over real storage: staged blocks of a worker that died, the blob's own Content-Encoding and length.
import { BlobServiceClient } from "@azure/storage-blob";
import { expect, it } from "vitest";
import { sha256 } from "../../lib/core/digest.js";
import { RunId } from "../../lib/core/ids.js";
import { attachmentPath } from "../../lib/ledger/record.js";
import type { BlobStore } from "../../lib/ports/blob-store.js";
import { carryOn, workUntilDead } from "../build/a-death.js";
import { aWorld } from "../build/a-world.js";
import { aLargeMail } from "../build/large-mail.js";
import { openAzuriteStorage } from "../contract/azurite-storage.js";
import { Crash, type Fault, faulty } from "../fakes/faulty.js";
import { anApi } from "../unit/http/an-api.js";

const mebi = 1024 * 1024;

/** Dies in the middle of the first upload that takes so many bytes. */
function dyingAfter(blobs: BlobStore, bytes: number, fault: Fault): BlobStore {
  async function* breakingOff(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let given = 0;
    for await (const chunk of body) {
      given += chunk.length;
      if (given > bytes) {
        fault.failAt = fault.calls;
        throw new Crash("in the middle of an upload");
      }
      yield chunk;
    }
  }
  const upload: BlobStore["putStreamIfAbsent"] = (name, body, options) =>
    blobs.putStreamIfAbsent(name, breakingOff(body), options);
  return faulty({ ...blobs, putStreamIfAbsent: upload }, fault);
}

it("stores a large log as gzip and a picture as it is, after a worker died in the middle of it", async () => {
  const { eml, log, picture } = aLargeMail(20_000_000, 5_000_000);
  const storage = await openAzuriteStorage();
  const onAzurite = (blobs: BlobStore) => ({ edges: <E extends object>(edges: E) => ({ ...edges, blobs }) });
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 }, ...onAzurite(storage.blobs) });
  const { tenant, clock } = world;
  const { id: box } = world.mailbox();
  tenant.mailboxes.deliver(box, "inbox", eml);
  const fault: Fault = { calls: 0, failAt: Number.POSITIVE_INFINITY, dead: true };
  const dead = dyingAfter(storage.blobs, 9 * mebi, fault);
  await using dying = await aWorld({ shared: tenant, clock, stores: world, ...onAzurite(dead) });
  const { run } = await world.app.profiles.run(await world.profile());
  await workUntilDead(dying, fault);
  expect(fault.failAt).toBeLessThan(Number.POSITIVE_INFINITY);
  expect(await storage.blobs.exists(attachmentPath(sha256(log)))).toBe(false);
  await carryOn(world);
  expect(await world.app.runs.get(RunId.parse(run.id))).toMatchObject({ status: "succeeded", tally: { stored: 1 } });

  const service = BlobServiceClient.fromConnectionString(storage.connectionString);
  const container = service.getContainerClient(`${storage.prefix}archive`);
  const told = (content: Buffer) => container.getBlobClient(attachmentPath(sha256(content))).getProperties();
  const [ofLog, ofPicture] = [await told(log), await told(picture)];
  expect([ofLog.contentEncoding, ofPicture.contentEncoding ?? ""]).toEqual(["gzip", ""]);
  expect(ofLog.contentLength).toBeLessThan(log.length * 0.6);
  expect(ofPicture.contentLength).toBe(picture.length);

  const ask = anApi(world.app);
  const key = (await ask("GET", `/mailboxes/${box}/messages`)).json.value[0]?.key;
  const at = `/mailboxes/${box}/messages/${key}`;
  expect((await ask("GET", `${at}/eml`)).bytes.equals(eml)).toBe(true);
  expect((await ask("GET", `${at}/attachments/1`)).bytes.equals(log)).toBe(true);
  expect((await ask("GET", `${at}/attachments/2`)).bytes.equals(picture)).toBe(true);
}, 60_000);
