// Kills, starves and disturbs a verification at every call it makes: it always ends with the answer of the calm one.
import { describe, expect, it } from "vitest";
import { MailkeepError } from "../../lib/core/errors.js";
import { ledgerName } from "../../lib/ledger/record.js";
import { tidyVerifications } from "../../lib/verify/close.js";
import { cancelVerification, requestVerification } from "../../lib/verify/request.js";
import { showParts, showVerification, type VerificationView } from "../../lib/verify/view.js";
import { type AnArchive, anArchive } from "../build/an-archive.js";
import { type Fault, faulty } from "../fakes/faulty.js";
import { aMail, seeded } from "../unit/pack/seeded.js";
import { aStoredArchive, aVerifier } from "../unit/verify/a-verifier.js";

/** Something of each kind is wrong, so that a finding lost or counted twice would show. */
async function aDamagedArchive(): Promise<AnArchive> {
  const archive = await aStoredArchive();
  const { blobs, rows, mailbox } = archive;
  const pack = blobs.names().find((name) => name.includes("/packs/00000004")) ?? "";
  const { bytes } = await blobs.get(pack);
  blobs.tamper(
    pack,
    Uint8Array.from(bytes, (byte, at) => (at === 200 ? byte ^ 1 : byte)),
  );
  blobs.tamper(blobs.names().find((name) => name.startsWith("attachments/")) ?? "", undefined);
  await blobs.putIfAbsent(`mailboxes/${mailbox}/packs/00000002-0123456789abcdef.zip`, Buffer.from("x"), {
    contentType: "x/y",
  });
  await rows.insert(
    "messages",
    { partition: mailbox, row: `t_0000000000000_${"0".repeat(32)}` },
    { key: "0".repeat(32), seq: 2 },
  );
  return archive;
}

type Told = Pick<VerificationView, "status" | "read" | "findings" | "orphans" | "mailboxes">;
const essence = ({ status, read, findings, orphans, mailboxes }: VerificationView): Told => ({
  status,
  read,
  findings,
  orphans,
  mailboxes,
});

const calm = essence(await aVerifier(await aDamagedArchive()).verify());

/** `tidied`: the timer comes round afterwards, and what it sends is worked on. */
async function disturbed(fault: Fault, budgetMs: number, tidied = false): Promise<Told> {
  const archive = await aDamagedArchive();
  const healthy = aVerifier(archive, budgetMs);
  const { id } = await requestVerification({ depth: "full" }, "manual", healthy.deps);
  const dying = aVerifier(archive, budgetMs, (deps) => {
    const { blobs, rows } = deps;
    return {
      ...deps,
      blobs: faulty(blobs, fault),
      rows: faulty(rows, fault),
      queue: faulty(healthy.queue, fault),
      clock: healthy.clock,
    };
  });
  for (let item = healthy.queue.receive(); item !== undefined; item = healthy.queue.receive()) {
    await dying.work(item).catch(async () => {
      await healthy.queue.send(item, { delayMs: 60_000 });
      if (fault.dead) fault.failAt = Number.POSITIVE_INFINITY;
    });
    healthy.clock.advance(
      Math.max(0, (healthy.queue.items()[0]?.visibleAt.getTime() ?? 0) - healthy.clock.now().getTime()),
    );
  }
  if (tidied) {
    healthy.clock.advance(20 * 60_000);
    await tidyVerifications(healthy.deps);
    await healthy.settle();
  }
  return essence(await showVerification(id, archive.rows));
}

it("finds what is wrong, and counts no more than it read", () => {
  expect(calm).toMatchObject({
    status: "findings",
    orphans: { count: 1 },
    mailboxes: { total: 1, done: 1, withFindings: 1 },
  });
  expect(Object.keys(calm.findings.byCode)).toEqual(
    expect.arrayContaining(["pack-damaged", "attachment-missing", "catalog-extra"]),
  );
});

describe.each([60_000, 0])("with %i ms for an invocation", (budgetMs) => {
  it.each(["before", "after"] as const)(
    "gives the same answer killed %s any call",
    async (when) => {
      const counting: Fault = { calls: 0, failAt: Number.POSITIVE_INFINITY };
      expect(await disturbed(counting, budgetMs)).toEqual(calm);
      expect(counting.calls).toBeGreaterThan(budgetMs === 0 ? 60 : 40);
      for (let failAt = 1; failAt <= counting.calls; failAt++) {
        const fault: Fault = { calls: 0, failAt, when, dead: true };
        expect(await disturbed(fault, budgetMs), `killed ${when} call ${failAt}`).toEqual(calm);
      }
    },
    120_000,
  );

  it("gives the same answer when any one read is unavailable", async () => {
    const counting: Fault = { calls: 0, failAt: Number.POSITIVE_INFINITY };
    await disturbed(counting, budgetMs);
    const error = () => new MailkeepError("unavailable", "the storage is slow");
    for (let failAt = 1; failAt <= counting.calls; failAt++)
      expect(await disturbed({ calls: 0, failAt, error }, budgetMs), `call ${failAt}`).toEqual(calm);
  }, 120_000);
});

it.each(["precondition-failed", "unavailable"] as const)(
  "gives the same answer when that of any call is lost (%s)",
  async (code) => {
    const counting: Fault = { calls: 0, failAt: Number.POSITIVE_INFINITY };
    await disturbed(counting, 0);
    const error = () => new MailkeepError(code, "the answer is lost");
    for (let failAt = 1; failAt <= counting.calls; failAt++) {
      const fault: Fault = { calls: 0, failAt, when: "after", error };
      expect(await disturbed(fault, 0, code === "unavailable"), `call ${failAt}`).toEqual(calm);
    }
  },
  120_000,
);

it("counts nothing twice when one of many messages cannot be read at first", async () => {
  const random = seeded(5);
  const archive = anArchive();
  await archive.commit({
    stored: Array.from({ length: 20 }, (_, n) => ({ id: `m${n}`, raw: aMail(random, [random.bytes(4_500)]) })),
  });
  const expected = (await aVerifier(archive).verify()).read;
  expect(expected).toMatchObject({ messages: 20, attachments: 20 });
  for (const failing of [3, 12, 18, 19]) {
    let streams = 0;
    const verifier = aVerifier(archive, 60_000, (deps) => ({
      ...deps,
      blobs: {
        ...deps.blobs,
        stream: async (name) => {
          if (++streams === failing) throw new MailkeepError("unavailable", "the storage is slow");
          return deps.blobs.stream(name);
        },
      },
    }));
    const told = await verifier.verify();
    // The pack is read once more.
    expect(told).toMatchObject({ status: "succeeded", read: expected });
  }
});

it("never calls verified what cannot be read, nor damaged", async () => {
  const archive = await aStoredArchive();
  const verifier = aVerifier(archive, 60_000, (deps) => ({
    ...deps,
    blobs: {
      ...deps.blobs,
      stream: async (name) => {
        if (!name.startsWith("attachments/")) return deps.blobs.stream(name);
        throw new MailkeepError("unavailable", "the storage is down");
      },
    },
  }));
  const told = await verifier.verify();
  expect(told).toMatchObject({ status: "failed", findings: { count: 0 }, mailboxes: { failed: 1 }, proves: [] });
  expect(told.problems).toEqual([
    { code: "UNAVAILABLE", message: expect.stringContaining("down"), mailbox: archive.mailbox },
  ]);
});

it("hands on after its time and goes on where it was, not at the beginning", async () => {
  const archive = await aStoredArchive();
  const reads: string[] = [];
  const verifier = aVerifier(archive, 0, (deps) => ({
    ...deps,
    blobs: {
      ...deps.blobs,
      get(name) {
        reads.push(name);
        return deps.blobs.get(name);
      },
    },
  }));
  expect(await verifier.verify()).toMatchObject({ status: "succeeded", read: { records: 4, messages: 6 } });
  const of = (seq: number) => reads.filter((name) => name === ledgerName(archive.mailbox, seq)).length;
  expect([of(1), of(2), of(3), of(4)]).toEqual([2, 2, 1, 2]);
});

it("lets two workers of one mailbox and two verifications at once do no harm", async () => {
  const archive = await aDamagedArchive();
  const verifier = aVerifier(archive, 0);
  const ids = [];
  for (const _ of [1, 2]) ids.push((await requestVerification({ depth: "full" }, "manual", verifier.deps)).id);
  for (const item of [...verifier.queue.visible()]) for (const _ of [1, 2, 3]) await verifier.queue.send(item);
  while (verifier.queue.items().length > 0) await Promise.all([...verifier.queue.visible()].map(verifier.work));
  for (const id of ids) expect(essence(await showVerification(id, archive.rows))).toEqual(calm);
});

it("stops when a person says so, whether it waits or works", async () => {
  const archive = await aStoredArchive();
  const verifier = aVerifier(archive, 0);
  const waiting = await requestVerification({ depth: "full" }, "manual", verifier.deps);
  await cancelVerification(waiting.id, verifier.deps);
  await verifier.settle();
  expect(await showVerification(waiting.id, archive.rows)).toMatchObject({
    status: "cancelled",
    mailboxes: { total: 0 },
  });
  const working = await requestVerification({ depth: "full" }, "manual", verifier.deps);
  for (const _ of [1, 2]) await verifier.work(verifier.queue.receive() ?? "");
  await cancelVerification(working.id, verifier.deps);
  await verifier.settle();
  const told = await showVerification(working.id, archive.rows);
  expect(told).toMatchObject({ status: "cancelled", mailboxes: { total: 1, cancelled: 1 }, proves: [] });
  expect(told.read.records).toBeLessThan(4);
  expect((await showParts(working.id, { limit: 10 }, archive.rows)).value[0]).toMatchObject({ status: "cancelled" });
});
