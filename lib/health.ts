// How every edge stands, and what is owed.
import { isMailkeepError, MailkeepError } from "./core/errors.js";
import { defaultConnection } from "./core/ids.js";
import { type Edges, version } from "./edges.js";
import type { OwedSeal } from "./heads/seal.js";

export interface Health {
  status: "ok" | "unwell";
  version: string;
  edges: { name: string; ok: boolean; ms?: number; problem?: string }[];
}

/** @throws MailkeepError when a head is still without what the settings ask for */
async function checkHeads({ ready }: Edges, owed: () => Promise<OwedSeal[]>): Promise<void> {
  await ready();
  const [first, ...others] = await owed();
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` (and ${others.length} more heads)`;
  const message = `the head ${first.head} is without its ${first.owed}: ${first.message}${more}`;
  throw new MailkeepError("unavailable", message, { reason: first.code });
}

export async function health(edges: Edges, owed: () => Promise<OwedSeal[]>): Promise<Health> {
  const { clock } = edges;
  const check = async (name: string, probe: () => Promise<unknown>) => {
    const began = clock.monotonicMs();
    try {
      await probe();
      return { name, ok: true, ms: Math.round(clock.monotonicMs() - began) };
    } catch (error) {
      const problem = isMailkeepError(error) ? `${error.reason ?? error.code}: ${error.message}` : "did not answer";
      return { name, ok: false, problem };
    }
  };
  const checks = await Promise.all([
    check("storage", edges.ready),
    check("graph", async () => (await edges.tenants.of(defaultConnection)).ping()),
    check("heads", () => checkHeads(edges, owed)),
  ]);
  return { status: checks.every(({ ok }) => ok) ? "ok" : "unwell", version, edges: checks };
}
