// When the first pack of a mailbox is sealed.
import { describe, expect, it } from "vitest";
import { firstBatchMessages } from "../../../lib/archive/batch.js";

const mailboxes = Array.from({ length: 200 }, (_, n) => `mailbox-${n}`);

describe("the first batch of a mailbox", () => {
  it("takes eight to nine tenths of a mailbox of a few hundred, each mailbox its own share", () => {
    const sizes = mailboxes.map((mailbox) => firstBatchMessages(500, mailbox));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(400);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(450);
    expect(new Set(sizes).size).toBeGreaterThan(30);
    expect(firstBatchMessages(500, "mailbox-1")).toBe(sizes[1]);
  });

  it.each([
    [0, 250],
    [40, 250],
    [100_000, 450],
  ])("of %i messages expected takes %i, whatever the mailbox", (expected, most) => {
    for (const mailbox of mailboxes) expect(firstBatchMessages(expected, mailbox)).toBe(most);
  });
});
