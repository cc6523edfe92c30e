// The nightly share: all of the archive comes round, the longest unread first, and nights do not run into each other.
import { expect, it } from "vitest";
import type { MailboxId } from "../../../lib/core/ids.js";
import { getVerification, listVerifications } from "../../../lib/verify/repo.js";
import { nightsForAll, planShare, startShare, type Unread } from "../../../lib/verify/share.js";
import { seeded } from "../pack/seeded.js";
import { aStoredArchive, aVerifier } from "./a-verifier.js";

it("reads every mailbox back within its nights, whatever their sizes", () => {
  const random = seeded(3);
  for (const count of [1, 2, 29, 30, 31, 400]) {
    const all: Unread[] = Array.from({ length: count }, (_, index) => ({
      mailbox: `m${index}` as MailboxId,
      at: "",
      bytes: random.below(10) === 0 ? random.below(1e12) : random.below(1e6),
    }));
    const shares: number[] = [];
    for (let night = 1; night <= nightsForAll; night++) {
      const chosen = planShare(all);
      shares.push(chosen.length);
      for (const unread of all)
        if (chosen.includes(unread.mailbox)) unread.at = `night ${String(night).padStart(3, "0")}`;
    }
    expect(all.filter(({ at }) => at === "").length, `${count} mailboxes`).toBe(0);
    expect(Math.max(...shares), "not all in one night").toBeLessThan(Math.max(3, count));
  }
});

it("begins nothing where there is nothing", () => expect(planShare([])).toEqual([]));

it("starts a full verification, remembers what was read, and waits for the night before", async () => {
  const archive = await aStoredArchive();
  const verifier = aVerifier(archive);
  const first = await startShare(verifier.deps);
  expect(first).toMatchObject({ trigger: "schedule", depth: "full", mailboxes: [archive.mailbox] });
  expect(await startShare(verifier.deps)).toBeUndefined();
  await verifier.settle();
  expect(await getVerification(archive.rows, first?.id as never)).toMatchObject({ status: "succeeded" });
  const noted = archive.rows.dump()[`runs/readback/${archive.mailbox}`];
  expect(noted).toMatchObject({ seq: 4, findings: 0, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  verifier.clock.advance(86_400_000);
  expect(await startShare(verifier.deps)).toMatchObject({ trigger: "schedule" });
  await verifier.settle();
  const all = [];
  for await (const { trigger, status } of listVerifications(archive.rows)) all.push(`${trigger} ${status}`);
  expect(all).toEqual(["schedule succeeded", "schedule succeeded"]);
});
