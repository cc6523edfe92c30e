// Each night: the chain since the last anchor is checked, and its end goes into a blob that nobody overwrites.
import type { Clock } from "../core/time.js";
import type { Log } from "../ports/log.js";
import { newestAnchor, putAnchor } from "./anchor-blobs.js";
import { type CheckDeps, checkAudit } from "./check.js";
import { findTail } from "./tail.js";

export async function anchorAudit({ rows, blobs, clock, log }: CheckDeps & { clock: Clock; log: Log }): Promise<void> {
  const before = await newestAnchor(blobs);
  const { intact, firstBroken, findings } = await checkAudit(
    before === undefined ? {} : { from: new Date(before.anchor.time) },
    { rows, blobs },
  );
  if (!intact) log.error("audit broken", { seq: firstBroken?.seq, code: firstBroken?.code, findings: findings.count });
  const { tail } = await findTail({ rows, blobs });
  const now = clock.now().toISOString();
  const day = now.slice(0, 10);
  if (tail.seq === 0 || before?.anchor.day === day) return;
  const wrote = await putAnchor(blobs, {
    format: "mailkeep-audit-anchor",
    formatVersion: 1,
    day,
    seq: tail.seq,
    hash: tail.hash,
    time: now,
    previous: before === undefined ? null : { name: before.name, sha256: before.sha256 },
  });
  // The log is a third place: whoever may write tables and blobs cannot reach it.
  if (wrote) log.info("audit anchored", { day, seq: tail.seq, hash: tail.hash });
}
