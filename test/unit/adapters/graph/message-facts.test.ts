// A page of hundreds is taken item by item: what a message says is read when its turn comes.
import { expect, it } from "vitest";
import { readChange } from "../../../../lib/adapters/graph/message-facts.js";

function anItem() {
  const asked: string[] = [];
  const raw = new Proxy<Record<string, unknown>>(
    { id: "m1", subject: "Offer", isRead: false },
    {
      get(target, name) {
        asked.push(String(name));
        return target[String(name)];
      },
    },
  );
  return { raw, asked };
}

it("reads of a change no more than decides whether it is one", () => {
  const { raw, asked } = anItem();
  expect(readChange(raw)).toMatchObject({ kind: "present", id: "m1" });
  expect(new Set(asked)).not.toContain("subject");
});

it("reads the message when it is asked for, and once", () => {
  const { raw, asked } = anItem();
  const change = readChange(raw);
  const read = () => change.kind === "present" && change.message;
  expect(read()).toEqual({ id: "m1", subject: "Offer", isRead: false });
  expect(read()).toBe(read());
  expect(asked.filter((name) => name === "subject")).toHaveLength(1);
});
