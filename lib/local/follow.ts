// Starts a run through the API and follows it to its end.
import { setTimeout as sleep } from "node:timers/promises";
import { exitCode } from "../core/errors.js";
import { type Api, ApiError, type MailboxView, type RunView } from "./api.js";

/** States in which a run goes on by itself. */
const open = new Set(["pending", "running", "throttled"]);

/** The first profile; one for all mailboxes is made when there is none. */
export async function someProfile(api: Api): Promise<{ id: string; name: string }> {
  const [first] = await api.list<{ id: string; name: string }>("/profiles", 1);
  return first ?? (await api.post("/profiles", { name: "All mailboxes", mailboxes: { mode: "all" } }));
}

/** A run of the profile: a new one, or the one that is already under way (a stopped start left it on the queue). */
export async function beginRun(api: Api, profile: string): Promise<RunView> {
  try {
    return await api.post<RunView>(`/profiles/${profile}/run`);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
    const runs = await api.list<RunView>(`/runs?profile=${profile}`, 20);
    const current = runs.find(({ status }) => open.has(status));
    if (current === undefined) throw error;
    return current;
  }
}

export interface Following {
  api: Api;
  run: string;
  /** Between two looks, in milliseconds. */
  everyMs: number;
  show(run: RunView, mailboxes: MailboxView[]): void;
  /** Ends the following early. */
  signal: AbortSignal;
}

/** Resolves with the run once it has ended. @throws the signal's reason */
export async function follow({ api, run, everyMs, show, signal }: Following): Promise<RunView> {
  for (;;) {
    const now = await api.get<RunView>(`/runs/${run}`);
    show(now, await api.list<MailboxView>(`/runs/${run}/mailboxes`));
    if (!open.has(now.status)) return now;
    await sleep(everyMs, undefined, { signal });
  }
}

/** What `--once` exits with: a run is complete only if it says so. */
export function exitCodeOf(status: string): number {
  if (status === "succeeded" || status === "noChanges") return exitCode.complete;
  return status === "succeededWithGaps" ? exitCode.gaps : exitCode.failed;
}
