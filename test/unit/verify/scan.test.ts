// The scan itself: what goes on beside it is no damage, and nothing is read more often than it must be.
import { expect, it } from "vitest";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import type { VerificationId } from "../../../lib/core/ids.js";
import { noFindings } from "../../../lib/verify/finding.js";
import { scan } from "../../../lib/verify/scan.js";
import { newPart, type Verification, type VerifyPart } from "../../../lib/verify/verification.js";
import { type AnArchive, anArchive, keyOf } from "../../build/an-archive.js";
import { seeded } from "../pack/seeded.js";
import { aStoredArchive } from "./a-verifier.js";

const clock = stoppedClock(new Date("2026-04-01T00:00:00Z"));
const wish: Verification = {
  id: "v_0000000000000_00000000" as VerificationId,
  depth: "full",
  trigger: "manual",
  status: "running",
  requestedAt: clock.now().toISOString(),
  cancelRequested: false,
};
const begun = ({ mailbox }: AnArchive, depth: "full" | "chain" = "full"): VerifyPart =>
  newPart({ ...wish, depth }, mailbox, { now: clock.now() });

it.each(["full", "chain"] as const)(
  "finds nothing wrong while mail is archived between its steps (%s)",
  async (depth) => {
    const archive = await aStoredArchive();
    let last: VerifyPart | undefined;
    let n = 0;
    for await (const next of scan(begun(archive, depth), { ...archive, clock })) {
      last = next;
      if (++n > 12) continue;
      const again = { id: "a", version: n + 2, raw: Buffer.from(`a once more ${n}`) };
      await archive.commit({
        stored: [{ id: `new-${n}`, raw: Buffer.from(`new ${n}`) }, again],
        events: [
          {
            kind: "removed",
            key: keyOf("b"),
            receivedAt: "2026-03-01T11:00:00Z",
            from: "inbox",
            at: "2026-03-02T00:00:00Z",
          },
        ],
        time: clock.now().toISOString(),
      });
    }
    expect(last?.findings).toEqual(noFindings());
    expect(last?.scan?.phase).toBe("done");
    expect(last?.orphans.count).toBe(0);
  },
);

it("does not take for damage what a worker that has just died left to its successor", async () => {
  const archive = await aStoredArchive();
  const before = await archive.rows.get("messages", { partition: archive.mailbox, row: "h" });
  const rows = new Set(Object.keys(archive.rows.dump()));
  await archive.commit({ stored: [{ id: "late", raw: Buffer.from("late") }], time: clock.now().toISOString() });
  const added = Object.keys(archive.rows.dump()).filter((key) => !rows.has(key) && key.includes("/t_"));
  expect(added.length).toBe(1);
  for (const key of added)
    await archive.rows.delete("messages", { partition: archive.mailbox, row: key.split("/").at(-1) ?? "" });
  await archive.rows.upsert("messages", { partition: archive.mailbox, row: "h" }, before?.values ?? {});
  const codes = async () => {
    let last: VerifyPart | undefined;
    for await (const next of scan(begun(archive), { ...archive, clock })) last = next;
    return last?.findings.kept.map(({ code }) => code);
  };
  expect(await codes()).toEqual([]);
  clock.advance(2 * 3_600_000);
  expect(await codes()).toEqual(["catalog-behind"]);
});

it("reads a message of many megabytes, and an attachment of many messages once", async () => {
  const archive = anArchive();
  const random = seeded(11);
  const logo = random.bytes(20_000).toString("base64").replace(/.{76}/g, "$&\r\n");
  const signed = (n: number) => Buffer.from(`Subject: ${n}\r\n\r\n${logo}\r\n`);
  await archive.commit({ stored: Array.from({ length: 60 }, (_, n) => ({ id: `m${n}`, raw: signed(n) })) });
  const big = Buffer.alloc(24 * 1024 * 1024, "0123456789abcdef")
    .toString("base64")
    .replace(/.{76}/g, "$&\r\n");
  await archive.commit({ stored: [{ id: "big", raw: Buffer.from(`Subject: big\r\n\r\n${big}\r\n`) }] });
  let last: VerifyPart | undefined;
  for await (const next of scan(begun(archive), { ...archive, clock })) last = next;
  expect(last).toMatchObject({ findings: { count: 0 }, read: { messages: 61 } });
  // Eight messages at once may each open it before the first has been read.
  expect(last?.read.attachments).toBeLessThanOrEqual(8 + 1);
});
