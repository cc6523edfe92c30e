// Filters for random stories, and a second opinion on what they take: a fresh look at all messages, by the words of the
// README and none of the product's code.
import { day } from "../../lib/core/time.js";
import type { MessageSummary } from "../../lib/local/tenant/control.js";
import type { Dice } from "./a-story.js";
import type { World } from "./a-world.js";

export interface AFilter {
  olderThanDays?: number;
  read?: "read" | "unread";
  categories?: string[];
  flag?: "flagged" | "notFlagged";
  minSize?: number;
  maxSize?: number;
  senders?: string[];
}

/** One or two conditions that the mail of a story sometimes meets. */
export function aFilter(roll: Dice): AFilter {
  const conditions: AFilter[] = [
    { olderThanDays: 1 },
    { olderThanDays: 5 },
    { read: "read" },
    { read: "unread" },
    { categories: ["red", "C1"] },
    { flag: "flagged" },
    { flag: "notFlagged" },
    { maxSize: 3_000 },
    { minSize: 3_000 },
    { senders: ["@contoso.example"] },
  ];
  return { ...roll.pick(conditions), ...(roll.below(2) === 0 ? roll.pick(conditions) : {}) };
}

export function takes(filter: AFilter, message: MessageSummary, now: Date): boolean {
  const { olderThanDays, read, categories, flag, minSize, maxSize, senders } = filter;
  const age = now.getTime() - Math.floor(Date.parse(message.receivedAt) / 1_000) * 1_000;
  return (
    (olderThanDays === undefined || age >= olderThanDays * day) &&
    (read === undefined || message.isRead === (read === "read")) &&
    (categories === undefined || message.categories.some((one) => ["Red", "C1"].includes(one))) &&
    (flag === undefined || message.flag === flag) &&
    (minSize === undefined || message.size >= minSize) &&
    (maxSize === undefined || message.size <= maxSize) &&
    (senders === undefined || message.from.endsWith("@contoso.example"))
  );
}

/** What a profile with default folders and this filter must take at this moment. */
export function wantedNow(world: World, box: Parameters<World["wanted"]>[0], filter: AFilter) {
  const there = new Map(world.tenant.mailboxes.inventory(box).map((message) => [message.id, message]));
  return world.wanted(box).filter(({ id }) => {
    const message = there.get(id);
    return message !== undefined && takes(filter, message, world.clock.now());
  });
}
