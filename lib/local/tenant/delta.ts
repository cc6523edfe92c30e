// Delta rounds: tokens that carry their whole state, and pages cut from a change log (facts/graph.md D.1, D.2).
import { type Answer, graphError, refuse } from "./answer.js";
import type { ChangeLog, LogEntry } from "./change-log.js";

/** Every way Outlook has been seen to say "start this folder again" (D.2). */
export const resyncShapes = [
  "410-location",
  "410-syncStateNotFound",
  "410-resyncRequired",
  "410-empty",
  "400-syncStateNotFound",
  "404-SyncStateNotFound",
  "400-ResyncRequired",
  "400-SyncStateInvalid",
  "400-syncStateInvalid",
] as const;
export type ResyncShape = (typeof resyncShapes)[number];

export interface DeltaHabits {
  /** Every nth page of a round is empty but has a nextLink. 0: never. */
  emptyEveryNthPage: number;
  /** Each page after the first repeats the last item of the one before. */
  repeatItems: boolean;
  /** A change of the read state alone is told with id, isRead and changeKey only. */
  partialReadState: boolean;
  /** Such a change is told with its new changeKey. */
  partialChangeKey: boolean;
  /** An item that left and came back between two rounds is told as removed only. */
  awayAndBackIsRemoved: boolean;
  /** Tokens older than this are refused; undefined: they live until expired by hand. */
  tokenLifetimeMs?: number;
  /** How a dead token is refused. */
  resyncShape: ResyncShape;
  /** users/delta tells of a change only what has changed, not the whole user. */
  partialUsers: boolean;
}

export const usualHabits: DeltaHabits = {
  emptyEveryNthPage: 0,
  repeatItems: false,
  partialReadState: true,
  partialChangeKey: true,
  awayAndBackIsRemoved: true,
  partialUsers: true,
  resyncShape: "410-syncStateNotFound",
};

/** All a round needs to go on; written into the token, as Graph does. */
export interface DeltaState {
  kind: "skip" | "delta";
  /** Whose folder the token belongs to: user id and folder id, or the folder tree. */
  of: string;
  generation: number;
  issuedAt: number;
  /** Where the round began; undefined: at the very beginning, told without removals. */
  since?: number;
  /** The end of this round, fixed by its first request. */
  upTo: number;
  /** The last entry told. */
  after: number;
  page: number;
  select?: string[];
  /** Ids of extended properties asked for by `$expand`. */
  expand?: string[];
  changeType?: string;
  /** receivedDateTime filter of the first call, as written. */
  filter?: string;
  /** Items told so far; a filtered round ends at 5,000. */
  told: number;
}

/** With a filter on receivedDateTime delta tells at most 5,000 messages (D.1). */
const filteredRoundLimit = 5_000;

export function encodeToken(state: DeltaState): string {
  return Buffer.from(JSON.stringify(state)).toString("base64url");
}

export function decodeToken(token: string): DeltaState {
  try {
    const state: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (typeof state === "object" && state !== null && "upTo" in state && "of" in state) return state as DeltaState;
  } catch {
    // Falls through to the same refusal as a token of another kind.
  }
  return refuse(400, "SyncStateInvalid", "The sync state is invalid.");
}

export function resyncAnswer(shape: ResyncShape, freshUrl: string): Answer {
  const [status = "410", code = ""] = shape.split("-");
  if (code === "empty" || code === "location") {
    return { status: 410, headers: { location: `${freshUrl}?$deltatoken=` }, body: { kind: "empty" } };
  }
  const message = "The sync state generation is not found; generation=2;[highest=1]";
  const answer = graphError(Number(status), code, message);
  if (status === "410") answer.headers.location = `${freshUrl}?$deltatoken=`;
  return answer;
}

/** What one page tells of an item. */
export type Told = { entry: LogEntry; as: "present" | "partial" } | { as: "removed"; movableId: string; id: string };

export interface DeltaPage {
  told: Told[];
  next: DeltaState;
}

export interface PageRequest {
  log: ChangeLog;
  state: DeltaState;
  size: number;
  habits: DeltaHabits;
  /** Whether the round's filter lets a present item through. */
  wanted?: (entry: LogEntry) => boolean;
}

export function deltaPage({ log, state, size, habits, wanted = () => true }: PageRequest): DeltaPage {
  const page = state.page + 1;
  if (habits.emptyEveryNthPage > 0 && page % habits.emptyEveryNthPage === 0) {
    return { told: [], next: { ...state, kind: "skip", page } };
  }
  const told: Told[] = [];
  const again = habits.repeatItems && state.page > 0 ? log.at(state.after) : undefined;
  const repeated = again && tell(again, state, habits);
  if (repeated && (repeated.as !== "present" || wanted(repeated.entry))) told.push(repeated);
  const limit = size + told.length;
  let after = state.after;
  for (const entry of log.between(state.after, state.upTo)) {
    const item = tell(entry, state, habits);
    const passes = item && (item.as !== "present" || wanted(item.entry));
    if (passes && told.length === limit)
      return { told, next: { ...state, kind: "skip", page, after, told: state.told + told.length } };
    after = entry.seq;
    if (!passes) continue;
    told.push(item);
    if (state.filter !== undefined && state.told + told.length >= filteredRoundLimit) break;
  }
  return { told, next: { ...state, kind: "delta", since: state.upTo, after: state.upTo, page: 0, told: 0 } };
}

function tell(entry: LogEntry, state: DeltaState, habits: DeltaHabits): Told | undefined {
  const { since, changeType } = state;
  if (since === undefined) return entry.present && changeType !== "deleted" ? { entry, as: "present" } : undefined;
  const leftThisRound = entry.away !== undefined && entry.away.seq > since;
  if (!entry.present || (leftThisRound && habits.awayAndBackIsRemoved)) {
    const movableId = entry.present ? (entry.away?.movableId ?? entry.movableId) : entry.movableId;
    return changeType === undefined || changeType === "deleted"
      ? { as: "removed", movableId, id: entry.id }
      : undefined;
  }
  if (changeType === "deleted") return undefined;
  return { entry, as: habits.partialReadState && entry.fullSeq <= since ? "partial" : "present" };
}
