// Timer triggers: NCRONTAB schedules in UTC, one run of a timer at a time.
import { Cron } from "croner";
import { type FunctionsCore, triggerOf } from "./functions-core.js";
import { type Environment, resolveSettings } from "./host-settings.js";

export interface TimerOptions {
  core: FunctionsCore;
  env: Environment;
  track<T>(work: Promise<T>): Promise<T>;
  warn(message: string): void;
  /** Called when a timer's function has ended: it may have put something on a queue. */
  worked(): void;
}

/** setTimeout holds at most 2^31-1 ms; longer waits are taken in pieces, which also follows a changed wall clock. */
const longestWaitMs = 60_000;
/** A run that begins later than this after its time is past due: the machine slept, or the run before took long. */
const pastDueAfterMs = 1_000;

/** Starts every timer trigger; the answer stops them. @throws Error for a schedule that cannot be read. */
export function startTimers(options: TimerOptions): () => void {
  const stops = options.core
    .functions()
    .map((target) => ({ name: target.name, trigger: triggerOf(target) }))
    .filter(({ trigger }) => trigger.type.toLowerCase() === "timertrigger")
    .map(({ name, trigger }) => {
      const cron = readSchedule(resolveSettings(String(trigger.schedule), options.env));
      return startTimer({ name, cron, now: trigger.runOnStartup === true, ...options });
    });
  return () => {
    for (const stop of stops) stop();
  };
}

/** NCRONTAB: five or six fields, the first of six being seconds; a day must fit both day fields. */
export function readSchedule(schedule: string): Cron {
  return new Cron(schedule, { mode: "5-or-6-parts", timezone: "UTC", domAndDow: true, paused: true });
}

function startTimer(timer: TimerOptions & { name: string; cron: Cron; now: boolean }): () => void {
  let stopped = false;
  let waiting: NodeJS.Timeout | undefined;
  let last: Date | undefined;

  function wait(due: Date | null): void {
    if (stopped || due === null) return;
    const ms = due.getTime() - Date.now();
    waiting = setTimeout(
      () => (ms > longestWaitMs ? wait(due) : void ring(due)),
      Math.max(0, Math.min(ms, longestWaitMs)),
    );
  }

  async function ring(due: Date): Promise<void> {
    const late = Date.now() - due.getTime() > pastDueAfterMs;
    try {
      await timer.track(
        timer.core.invoke(timer.name, { input: { json: JSON.stringify(state(timer.cron, last, late)) } }),
      );
    } catch (error) {
      timer.warn(`timer ${timer.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    }
    timer.worked();
    last = due;
    wait(timer.cron.nextRun(new Date(Math.max(Date.now(), due.getTime()))));
  }

  if (timer.now) void ring(new Date());
  else wait(timer.cron.nextRun());
  return () => {
    stopped = true;
    clearTimeout(waiting);
  };
}

/** What Azure's host tells a timer function. A time that never was is .NET's smallest date there. */
function state(cron: Cron, last: Date | undefined, late: boolean) {
  const lastText = last?.toISOString() ?? "0001-01-01T00:00:00+00:00";
  return {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: { Last: lastText, LastUpdated: lastText, Next: cron.nextRun()?.toISOString() ?? "" },
    IsPastDue: late,
  };
}
