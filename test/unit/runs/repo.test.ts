import { describe, expect, it } from "vitest";
import { MailkeepError } from "../../../lib/core/errors.js";
import type { RowStore } from "../../../lib/ports/row-store.js";
import { ProfileInput } from "../../../lib/profiles/profile.js";
import { sealValues } from "../../../lib/profiles/settings.js";
import {
  changePart,
  changeRun,
  findPart,
  findRun,
  insertParts,
  insertRun,
  keepPart,
  statusesOf,
} from "../../../lib/runs/repo.js";
import type { MailboxRun } from "../../../lib/runs/run.js";
import { taskOf } from "../../../lib/runs/settings.js";
import { aPart, aRun, box, runId, stored } from "./a-run.js";

/** The first replace is done and its answer lost: the repeated request finds a newer row. */
function losingAnAnswer(rows: RowStore): RowStore {
  let lost = false;
  return {
    ...rows,
    async replace(table, key, values, etag) {
      const answer = await rows.replace(table, key, values, etag);
      if (lost) return answer;
      lost = true;
      throw new MailkeepError("precondition-failed", "the row has changed since it was read");
    },
  };
}

describe("a change whose answer was lost", () => {
  it("is not made a second time to a mailbox", async () => {
    const rows = await stored();
    const part = await changePart(losingAnAnswer(rows), runId, box, (old) => ({
      ...old,
      generation: old.generation + 1,
    }));
    expect(part.generation).toBe(1);
    expect((await findPart(rows, runId, box))?.value.generation).toBe(1);
  });

  it("is not made a second time to a run", async () => {
    const rows = await stored();
    const run = await changeRun(losingAnAnswer(rows), runId, (old) => ({ ...old, profileName: `${old.profileName}!` }));
    expect(run.profileName).toBe("All mail!");
  });
});

it("makes the change anew on top of somebody else's", async () => {
  const rows = await stored();
  let raced = false;
  const racing: RowStore = {
    ...rows,
    async replace(table, key, values, etag) {
      if (!raced) await changePart(rows, runId, box, (other) => ({ ...other, bytes: 7 }));
      raced = true;
      return rows.replace(table, key, values, etag);
    },
  };
  const part = await changePart(racing, runId, box, (old) => ({ ...old, generation: old.generation + 1 }));
  expect(part).toMatchObject({ generation: 1, bytes: 7 });
});

describe("a part that a worker keeps", () => {
  /** A worker's part, and how often its row was read since. */
  async function kept(storeOf: (rows: RowStore) => RowStore = (rows) => rows) {
    const rows = await stored();
    const reads = { count: 0 };
    const counting: RowStore = {
      ...storeOf(rows),
      get(table, key) {
        reads.count++;
        return rows.get(table, key);
      },
    };
    const found = await findPart(rows, runId, box);
    if (found === undefined) throw new Error("no part was stored");
    return {
      rows,
      reads,
      part: keepPart(counting, found),
      generation: async () => (await findPart(rows, runId, box))?.value.generation,
    };
  }
  const older = (by: number) => (old: MailboxRun) => ({ ...old, generation: old.generation + by });

  it("is written again and again without being read", async () => {
    const { reads, part, generation } = await kept();
    for (let n = 0; n < 3; n++) await part.change(older(1));
    expect(await generation()).toBe(3);
    expect(reads.count).toBe(0);
  });

  it("takes changes that are asked for at once one after the other", async () => {
    const { reads, part, generation } = await kept();
    await Promise.all([part.change(older(1)), part.change(older(10)), part.change(older(100))]);
    expect(await generation()).toBe(111);
    expect(reads.count).toBe(0);
  });

  it("is read anew when somebody else has written, and the change is judged by what they wrote", async () => {
    const { rows, part } = await kept();
    await changePart(rows, runId, box, (old) => ({ ...old, status: "cancelled" }));
    const left = await part.change((old) => (old.status === "cancelled" ? undefined : { ...old, status: "succeeded" }));
    expect(left.status).toBe("cancelled");
    expect((await findPart(rows, runId, box))?.value.status).toBe("cancelled");
  });

  it("goes on after a write whose answer was lost, which is not made twice", async () => {
    const { part, generation } = await kept(losingAnAnswer);
    const next = older(1);
    expect((await part.change(next)).generation).toBe(1);
    await part.change(next);
    expect(await generation()).toBe(2);
  });

  it("goes on after a write that failed", async () => {
    let fails = true;
    const { part, generation } = await kept((rows) => ({
      ...rows,
      async replace(...write) {
        if (fails) throw new MailkeepError("unavailable", "storage is away");
        return rows.replace(...write);
      },
    }));
    await expect(part.change(older(1))).rejects.toThrow("storage is away");
    fails = false;
    await part.change(older(1));
    expect(await generation()).toBe(1);
  });
});

it("says how the mailboxes of a run stand", async () => {
  const rows = await stored();
  await changePart(rows, runId, box, (old) => ({ ...old, status: "throttled" }));
  expect(await statusesOf(rows, runId)).toEqual(["throttled"]);
});

it("keeps a run of a profile with as many folder patterns as a profile may have", async () => {
  const rows = await stored();
  const include = Array.from({ length: 200 }, (_, n) => `/${"x".repeat(990)}${n}`);
  const input = ProfileInput.parse({ name: "x", mailboxes: { mode: "all" }, folders: { include } });
  const run = aRun({ id: "r_8228000000000_00000002" as never, values: sealValues(input) });
  await insertRun(rows, run);
  expect((await findRun(rows, run.id))?.value).toEqual(run);
});

it("keeps one whose settings are longer than a row, and reads it back as it was", async () => {
  const rows = await stored();
  const long = Array.from({ length: 200 }, (_, n) => `/${"x".repeat(990)}${n}`);
  const senders = Array.from({ length: 1_000 }, (_, n) => `${"s".repeat(290)}${n}@x.example`);
  const wide = { folders: { include: long, exclude: long }, filter: { senders } };
  const input = ProfileInput.parse({ name: "x", mailboxes: { mode: "all" }, ...wide });
  const run = aRun({ id: "r_8228000000000_00000003" as never, values: sealValues(input) });
  await insertRun(rows, run);
  expect((await findRun(rows, run.id))?.value).toEqual(run);
});

it("reads runs from before there were overrides with the settings they had", async () => {
  const rows = await stored();
  const { values: _, ...run } = aRun({ id: "r_8228000000000_00000004" as never });
  const folders = { include: ["/Inbox"], exclude: [], hidden: false, recoverableItems: false };
  const json = JSON.stringify({ ...run, folders, requestTimeoutSeconds: 60 });
  await rows.insert("runs", { partition: "runs", row: run.id }, { status: run.status, profile: run.profile, json });
  const read = (await findRun(rows, run.id))?.value;
  if (read === undefined) throw new Error("not there");
  const { settings } = await taskOf(read, aPart(), rows);
  expect(settings).toMatchObject({ folders, requestTimeoutSeconds: 60, deletion: { mode: "none" }, overridden: [] });
  expect(settings.filter.read).toBe("any");
});

it("leaves mailboxes at work as they are when the start of a run is repeated", async () => {
  const rows = await stored();
  await changePart(rows, runId, box, (part) => ({ ...part, status: "running", generation: 3 }));
  const other = { ...aPart(), mailbox: "another" as never };
  await insertParts(rows, runId, [aPart(), other]);
  await insertParts(rows, runId, [aPart(), other]);
  expect((await findPart(rows, runId, box))?.value).toMatchObject({ status: "running", generation: 3 });
  expect((await findPart(rows, runId, other.mailbox))?.value).toMatchObject({ status: "pending" });
});
