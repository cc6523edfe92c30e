// A mark on what is being removed, so that nobody comes to name it meanwhile.
import { minute } from "./time.js";

/** A removal takes seconds; a mark that is older was left behind by one that broke off. */
const removalMs = minute;

/** `since`: the mark, ISO 8601; absent when there is none. */
export const isLeaving = (since: string | undefined, now: Date): boolean =>
  since !== undefined && now.getTime() - Date.parse(since) < removalMs;
