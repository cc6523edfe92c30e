import { expect, it } from "vitest";
import { memoryBlobStore } from "../../../lib/adapters/memory/blob-store.js";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { attachmentStore } from "../../../lib/archive/attachments.js";
import { memoryBody } from "../../../lib/core/body.js";
import { MailkeepError } from "../../../lib/core/errors.js";
import { split } from "../../../lib/pack/split.js";
import type { BlobStore } from "../../../lib/ports/blob-store.js";

async function aCut() {
  const content = Buffer.alloc(6_000, "attachment").toString("base64").replace(/.{76}/g, "$&\r\n");
  const { cuts } = await split(memoryBody(Buffer.from(`Subject: x\r\n\r\n${content}\r\n`)));
  const [cut] = cuts;
  if (cut === undefined) throw new Error("nothing was cut out");
  return cut;
}

function counting(failures = 0) {
  const blobs = memoryBlobStore();
  const calls = { puts: 0 };
  let left = failures;
  const store: BlobStore = {
    ...blobs,
    async putIfAbsent(...args) {
      calls.puts++;
      await Promise.resolve();
      if (left-- > 0) throw new MailkeepError("unavailable", "storage is busy");
      return blobs.putIfAbsent(...args);
    },
  };
  return { store, blobs, calls };
}

it("stores the same content once, however many ask at once and later", async () => {
  const { store, blobs, calls } = counting();
  const attachments = attachmentStore({ blobs: store, rows: memoryRowStore(), clock: stoppedClock(new Date(0)) });
  const cut = await aCut();
  await Promise.all([attachments.put(cut), attachments.put(cut), attachments.put(cut)]);
  await attachments.put(cut);
  expect([calls.puts, blobs.names()]).toEqual([1, [`attachments/${cut.cut.sha256.slice(0, 2)}/${cut.cut.sha256}`]]);
});

it("tells everybody who waits that it failed, and believes nothing stored that is not", async () => {
  const { store, blobs } = counting(1);
  const attachments = attachmentStore({ blobs: store, rows: memoryRowStore(), clock: stoppedClock(new Date(0)) });
  const cut = await aCut();
  const both = await Promise.allSettled([attachments.put(cut), attachments.put(cut)]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(blobs.names()).toEqual([]);
  await attachments.put(cut);
  expect(blobs.names()).toHaveLength(1);
});

it("says of each attachment, in memory or streamed, that it is seldom read", async () => {
  const said: unknown[] = [];
  const note = <Args extends [string, unknown, object]>(put: (...args: Args) => Promise<boolean>) => {
    return (...args: Args) => {
      said.push("seldomRead" in args[2] && args[2].seldomRead);
      return put(...args);
    };
  };
  const blobs = memoryBlobStore();
  const store = { ...blobs, putIfAbsent: note(blobs.putIfAbsent), putStreamIfAbsent: note(blobs.putStreamIfAbsent) };
  const open = () => attachmentStore({ blobs: store, rows: memoryRowStore(), clock: stoppedClock(new Date(0)) });
  const { bytes, ...large } = await aCut();
  await open().put({ ...large, ...(bytes && { bytes }) });
  await open().put(large);
  expect(said).toEqual([true, true]);
});
