// When the packs of a mailbox are sealed.
import { describe, expect, it } from "vitest";
import { batchMessages } from "../../../lib/archive/batch.js";
import { packLimits } from "../../../lib/pack/writer.js";

const mailboxes = Array.from({ length: 200 }, (_, n) => `mailbox-${n}`);

/** The batches of a mailbox that holds what its folders say. */
function batches(mailbox: string, expected: number): number[] {
  const sizes: number[] = [];
  for (let taken = 0; taken < expected; ) {
    const size = Math.min(batchMessages({ mailbox, expected, taken }), expected - taken);
    sizes.push(size);
    taken += size;
  }
  return sizes;
}

describe("the batches of a mailbox", () => {
  it.each([
    [400, [2]],
    [499, [2]],
    [500, [2, 3]],
    [1_000, [3]],
  ])("of %i messages make %j packs, with two blobs each one for a hundred messages at the most", (expected, packs) => {
    const counts = mailboxes.map((mailbox) => batches(mailbox, expected).length);
    expect(new Set(counts)).toEqual(new Set(packs));
    const blobs = counts.reduce((sum, count) => sum + 2 * count, 0);
    expect(blobs / (mailboxes.length * expected)).toBeLessThanOrEqual(0.01);
  });

  it("leave little more than a fifth for the last one, and of three only some hundredths", () => {
    for (const mailbox of mailboxes) {
      const sizes = batches(mailbox, 500);
      expect(sizes.at(-1)).toBeLessThanOrEqual(sizes.length === 3 ? 35 : 110);
    }
  });

  it("differ from mailbox to mailbox, and are the same for a mailbox each time", () => {
    expect(new Set(mailboxes.map((mailbox) => batches(mailbox, 500)[0])).size).toBeGreaterThan(60);
    expect(batches("mailbox-1", 500)).toEqual(batches("mailbox-1", 500));
  });

  it.each([
    [0, 400],
    [40, 400],
    [399, 400],
    [100_000, 450],
  ])("begin, of %i messages expected, with at most %i, whatever the mailbox", (expected, most) => {
    for (const mailbox of mailboxes) expect(batchMessages({ mailbox, expected, taken: 0 })).toBe(most);
  });

  it("are full packs in the middle of a large mailbox, and when more comes than was expected", () => {
    const of = (taken: number) => batchMessages({ mailbox: "mailbox-1", expected: 100_000, taken });
    expect(of(450)).toBe(packLimits.messages);
    expect(of(100_500)).toBe(packLimits.messages);
  });
});
