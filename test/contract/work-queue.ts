// What every WorkQueue promises. Looking into the queue is no part of the port, so each adapter's test brings its own way.
import { beforeEach, describe, expect, it } from "vitest";
import type { WorkQueue } from "../../lib/ports/work-queue.js";

export interface OpenQueue {
  queue: WorkQueue;
  /** Takes what a worker would get now. */
  visible(): Promise<string[]>;
  /** How many items there are, hidden ones included. */
  depth(): Promise<number>;
}

export function describeWorkQueue(name: string, open: () => Promise<OpenQueue>): void {
  describe(`WorkQueue contract: ${name}`, () => {
    let opened: OpenQueue;
    beforeEach(async () => {
      opened = await open();
    });

    it("delivers what was sent, unchanged", async () => {
      const items = ['{"kind":"start-run","n":1}', "Grüße 日本語 🦊 <&>\n", " "];
      for (const item of items) await opened.queue.send(item);
      expect((await opened.visible()).sort()).toEqual([...items].sort());
    });

    it("delivers equal items as often as they were sent", async () => {
      for (let i = 0; i < 3; i++) await opened.queue.send("same");
      expect(await opened.visible()).toEqual(["same", "same", "same"]);
    });

    it("hides an item until its delay is over", async () => {
      await opened.queue.send("later", { delayMs: 3_600_000 });
      await opened.queue.send("fraction", { delayMs: 1_800_000.5 });
      await opened.queue.send("now", { delayMs: 0 });
      expect(await opened.depth()).toBe(3);
      expect(await opened.visible()).toEqual(["now"]);
    });

    it("takes a delay of 7 days and refuses a longer one", async () => {
      const week = 7 * 24 * 3_600_000;
      await opened.queue.send("a", { delayMs: week });
      for (const delayMs of [week + 1, -1, Number.NaN])
        await expect(opened.queue.send("b", { delayMs })).rejects.toMatchObject({ code: "invalid" });
      expect(await opened.depth()).toBe(1);
    });

    it("takes 48 KiB of UTF-8 and refuses more", async () => {
      const most = "ü".repeat(24 * 1024);
      await opened.queue.send(most);
      await expect(opened.queue.send(`${most}x`)).rejects.toMatchObject({ code: "too-large" });
      expect(await opened.depth()).toBe(1);
      expect(await opened.visible()).toEqual([most]);
    });
  });
}
