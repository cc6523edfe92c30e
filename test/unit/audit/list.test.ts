import { expect, it } from "vitest";
import { day, minute } from "../../../lib/core/time.js";
import { aLog, anEvent, start } from "./a-log.js";

const at = (ms: number) => new Date(start.getTime() + ms);
const seqs = (page: { value: { seq: number }[] }) => page.value.map(({ seq }) => seq);

it("is newest first, page by page", async () => {
  const log = aLog();
  await log.fill(7);
  const first = await log.audit.list({ limit: 3 });
  expect(seqs(first)).toEqual([7, 6, 5]);
  const second = await log.audit.list({ limit: 3, after: first.next ?? "" });
  expect(seqs(second)).toEqual([4, 3, 2]);
  expect(await log.audit.list({ limit: 3, after: second.next ?? "" })).toMatchObject({ value: [{ seq: 1 }] });
});

it("chooses by time: from inclusive, to exclusive", async () => {
  const log = aLog();
  await log.fill(5);
  log.clock.advance(day);
  await log.fill(300);
  expect(seqs(await log.audit.list({ limit: 100, from: at(minute), to: at(3 * minute) }))).toEqual([3, 2]);
  expect(seqs(await log.audit.list({ limit: 5, to: at(2 * minute) }))).toEqual([2, 1]);
  expect(seqs(await log.audit.list({ limit: 100, from: at(10 * day) }))).toEqual([]);
  expect(seqs(await log.audit.list({ limit: 2, from: at(day) }))).toEqual([305, 304]);
});

it("chooses by subject and by object, with what is below it and what came of it", async () => {
  const log = aLog();
  await log.fill(6);
  await log.audit.record(
    anEvent(7, { kind: "change", action: "runProfile", object: "profiles/p_1/run", result: "runs/r_1" }),
  );
  expect(seqs(await log.audit.list({ limit: 100, subject: "person-even" }))).toEqual([6, 4, 2]);
  expect(seqs(await log.audit.list({ limit: 100, object: "mailboxes/box-1" }))).toEqual([4, 1]);
  expect(seqs(await log.audit.list({ limit: 100, object: "mailboxes/box" }))).toEqual([]);
  expect(seqs(await log.audit.list({ limit: 100, object: "runs/r_1" }))).toEqual([7]);
  for (const [id, found] of [
    ["r_1", [7]],
    ["p_1", [7]],
    ["box-1", [4, 1]],
    ["5", [5]],
    ["mailboxes/box-2/messages/5", [5]],
  ] as const)
    expect(seqs(await log.audit.list({ limit: 100, object: id })), id).toEqual(found);
});

it("shows a damaged row as damaged, whatever was asked for", async () => {
  const log = aLog();
  await log.fill(3);
  await log.put(2, { entry: "not an entry", hash: "" });
  const { value } = await log.audit.list({ limit: 100, subject: "person-odd" });
  expect(value.map(({ seq, intact }) => ({ seq, intact }))).toEqual([
    { seq: 3, intact: true },
    { seq: 2, intact: false },
    { seq: 1, intact: true },
  ]);
});

it("answers with less than it was asked for rather than look at everything", async () => {
  const log = aLog();
  await Promise.all(Array.from({ length: 5_200 }, (_, number) => log.audit.record(anEvent(number))));
  const page = await log.audit.list({ limit: 10, subject: "nobody-here" });
  expect(page).toMatchObject({ value: [], next: expect.any(String) });
  expect(await log.audit.list({ limit: 10, subject: "nobody-here", after: page.next ?? "" })).toEqual({ value: [] });
});
