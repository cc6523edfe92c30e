// What doors, timers and other rooms ask of the audit, put together from its parts.
import type { Page } from "../core/page.js";
import type { Ticker } from "../core/time.js";
import type { AuditChange, AuditEvent, AuditMade, AuditTrail } from "../ports/audit-trail.js";
import type { Log } from "../ports/log.js";
import { anchorAudit } from "./anchor.js";
import { type AppendDeps, openAppender, unavailable } from "./append.js";
import { checkAudit, type TimeRange } from "./check.js";
import type { AuditCheck } from "./finding.js";
import { type AuditQuery, type AuditView, listAudit } from "./list.js";
import { boundedRefusals } from "./refusals.js";
import { keepVersion, readVersion, type Version, versionHash } from "./versions.js";

export interface AuditDeps extends AppendDeps {
  ticker: Ticker;
  log: Log;
  /** What must be there before a refusal can be written; that it is not keeps nobody from the answer. */
  beforeRefusal?: () => Promise<void>;
}

export function auditUseCases(deps: AuditDeps) {
  const { rows, log } = deps;
  const append = openAppender(deps);
  const refusals = boundedRefusals({ ...deps, append });
  const unwritten = (event: string) => (error: unknown) =>
    log.error(event, { code: error instanceof Error ? error.name : typeof error });

  /** What was made is told as it is, whatever the audit does by then: `asked` stands in the chain. */
  async function witnessed<T>(
    change: AuditEvent,
    make: () => Promise<T>,
    { made, begin }: { made: (result: T) => Promise<Partial<AuditEvent>>; begin: (event: AuditEvent) => Promise<void> },
  ): Promise<T> {
    const ended = (end: Partial<AuditEvent>) =>
      append({ ...change, ...end }).catch(unwritten("audit outcome not written"));
    await begin(change);
    try {
      const result = await make();
      await ended({ outcome: "done", ...(await made(result)) });
      return result;
    } catch (error) {
      await ended({ outcome: "failed", code: codeOf(error) });
      throw error;
    }
  }

  /** What was made stands, whatever becomes of its text: the chain has the hash. */
  async function afterwards({ result, after }: AuditMade): Promise<Partial<AuditEvent>> {
    if (after !== undefined) await keepVersion(after, rows).catch(unwritten("audit version not kept"));
    return { ...(result !== undefined && { result }), ...(after !== undefined && { after: versionHash(after) }) };
  }

  return {
    record: append,

    keep: (body: unknown): Promise<string> =>
      keepVersion(body, rows).catch((error: unknown) => {
        throw unavailable(error);
      }),

    version: (hash: string): Promise<Version> => readVersion(hash, rows),

    async refused(event: AuditEvent): Promise<void> {
      const failed = unwritten("audit refusal not written");
      try {
        await deps.beforeRefusal?.();
        await refusals.refused(event, failed);
      } catch (error) {
        failed(error);
      }
    },

    change: <T>(event: AuditChange, make: () => Promise<T>, made?: (result: T) => AuditMade): Promise<T> =>
      witnessed(asked(event), make, { made: (result) => afterwards(made?.(result) ?? {}), begin: append }),

    /**
     * What the schedule makes. Mail is not left unarchived because its audit cannot be written: then the log says so.
     */
    scheduled: <T>(
      event: Pick<AuditEvent, "action" | "object">,
      make: () => Promise<T>,
      made?: (result: T) => string | undefined,
    ): Promise<T> =>
      witnessed(asked({ ...event, subject: "schedule", request: deps.random.hex(16) }), make, {
        made: (result) => {
          const name = made?.(result);
          return afterwards(name === undefined ? {} : { result: name });
        },
        begin: (change) => append(change).catch(unwritten("audit entry not written")),
      }),

    list: (query: AuditQuery): Promise<Page<AuditView>> => listAudit(query, rows),
    check: (range: TimeRange): Promise<AuditCheck> => checkAudit(range, deps),
    /** Each night. */
    anchor: (): Promise<void> => anchorAudit(deps),
    /** Writes what has only been counted so far: this instance is being taken away. */
    flush: (): Promise<void> => refusals.flush(true),
  } satisfies AuditTrail & Record<string, unknown>;
}

const asked = (event: AuditChange): AuditEvent => ({ ...event, kind: "change", outcome: "asked" });

/** The code of a refusal or of an error of ours; the name of any other, which quotes nothing. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { reason, code } = error as { reason?: unknown; code?: unknown };
  for (const word of [reason, code]) if (typeof word === "string" && /^[\w-]{1,100}$/.test(word)) return word;
  return error.name.slice(0, 100);
}
