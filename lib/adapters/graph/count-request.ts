// Graph requests as counts of the work that made them: by route and by what came of them.
import { count } from "../../core/scope.js";

interface Counted {
  route: string;
  status: number;
  ms: number;
  retries: number;
  throttled: number;
  throttledMs: number;
}

export function countRequest({ route, status, ms, retries, throttled, throttledMs }: Counted): void {
  count(`graph ${route} ${outcomeOf(status)}`);
  count("requests", 1 + retries);
  count("requestMs", Math.round(ms));
  if (retries > 0) count("retries", retries);
  if (throttled > 0) count("throttled", throttled);
  if (throttledMs > 0) count("throttledMs", throttledMs);
}

/** 0: no answer came. */
function outcomeOf(status: number): string {
  if (status === 0) return "unanswered";
  if (status < 400) return "ok";
  if (status === 401 || status === 403) return "refused";
  if (status === 404 || status === 410) return "gone";
  if (status === 429 || status === 509) return "throttled";
  return status < 500 ? "rejected" : "failed";
}
