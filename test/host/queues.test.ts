import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { startToy, workQueue } from "./start-toy.js";

let toy: Awaited<ReturnType<typeof startToy>>;
let queues: QueueServiceClient;
beforeAll(async () => {
  toy = await startToy();
  queues = QueueServiceClient.fromConnectionString(toy.connectionString);
  await queues.getQueueClient(workQueue).createIfNotExists();
});
afterAll(() => toy.stop());
beforeEach(() => {
  toy.seen.deliveries.length = 0;
  toy.seen.mostRunning = 0;
  toy.behaviour.work = async () => {};
});

const send = (text: string) =>
  queues.getQueueClient(workQueue).sendMessage(Buffer.from(text, "utf8").toString("base64"));
const waiting = async (queue: string) => (await queues.getQueueClient(queue).getProperties()).approximateMessagesCount;
const texts = () => toy.seen.deliveries.map(({ text }) => text);
/** Until something outside this process has happened. */
const until = (what: () => Promise<void> | void) => vi.waitFor(what, { timeout: 30_000, interval: 20 });

describe("a queue trigger", () => {
  it("gets the decoded text with the message's id and count, and the message is gone", async () => {
    const { messageId } = await send('{"kind":"ünit"}');
    await until(() => expect(texts()).toEqual([{ kind: "ünit" }]));
    expect(toy.seen.deliveries[0]).toMatchObject({ dequeueCount: 1, id: messageId });
    await until(async () => expect(await waiting(workQueue)).toBe(0));
  });

  it("is given a failed message again", async () => {
    toy.behaviour.work = async () => {
      if (toy.seen.deliveries.length === 1) throw new Error("not yet");
    };
    await send("again");
    await until(() => expect(toy.seen.deliveries.map(({ dequeueCount }) => dequeueCount)).toEqual([1, 2]));
    await until(async () => expect(await waiting(workQueue)).toBe(0));
  });

  it("is rid of a message that always fails: it goes to the poison queue as it was", async () => {
    toy.behaviour.work = async () => {
      throw new Error("never");
    };
    await send("hopeless");
    const poison = queues.getQueueClient(`${workQueue}-poison`);
    await until(async () => expect(await waiting(poison.name)).toBe(1));
    const [moved] = (await poison.receiveMessages()).receivedMessageItems;
    expect(Buffer.from(moved?.messageText ?? "", "base64").toString("utf8")).toBe("hopeless");
    expect(texts()).toEqual(["hopeless", "hopeless", "hopeless"]);
    await until(async () => expect(await waiting(workQueue)).toBe(0));
    await poison.clearMessages();
  });

  it("never sees a message that is not base64: it goes to the poison queue at once", async () => {
    await queues.getQueueClient(workQueue).sendMessage("{not base64}");
    await until(async () => expect(await waiting(`${workQueue}-poison`)).toBe(1));
    expect(texts()).toEqual([]);
    await queues.getQueueClient(`${workQueue}-poison`).clearMessages();
  });

  it("runs at most batchSize messages at a time", async () => {
    const gates: (() => void)[] = [];
    toy.behaviour.work = () => new Promise((resolve) => void gates.push(resolve));
    for (let i = 0; i < 10; i++) await send(`m${i}`);
    await until(() => expect(gates.length).toBeGreaterThanOrEqual(1));
    while (toy.seen.deliveries.length < 10) {
      for (const open of gates.splice(0)) open();
      await until(() => expect(gates.length + Number(toy.seen.deliveries.length === 10)).toBeGreaterThan(0));
    }
    for (const open of gates.splice(0)) open();
    await until(async () => expect(await waiting(workQueue)).toBe(0));
    expect(new Set(texts()).size).toBe(10);
    expect(toy.seen.mostRunning).toBeGreaterThan(1);
    expect(toy.seen.mostRunning).toBeLessThanOrEqual(4);
  });
});

describe("a timer trigger", () => {
  it("rings on its schedule and says when it will ring next", async () => {
    await until(() => expect(toy.seen.timers.length).toBeGreaterThanOrEqual(2));
    expect(toy.seen.timers[0]?.next).toMatch(/^\d{4}-\d{2}-\d{2}T.*Z$/);
  });
});
