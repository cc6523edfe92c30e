// A delta request: from its token or its first-call options to one page of JSON with a link to the next.
import { type Answer, json, refuse } from "./answer.js";
import type { MailboxCall } from "./call.js";
import type { ChangeLog, LogEntry } from "./change-log.js";
import { type DeltaState, decodeToken, deltaPage, encodeToken, resyncAnswer, type Told } from "./delta.js";
import { expanded, selected, wholeNumber } from "./query.js";

export interface DeltaSubject {
  /** Owner and folder; a token made for another subject is refused. */
  of: string;
  generation: number;
  log: ChangeLog;
  collection: "message" | "mailFolder";
  known: ReadonlySet<string>;
  type: string;
  /** The JSON of an item that is there; undefined when it has just gone. */
  present: (entry: LogEntry, select?: string[], extended?: string[]) => Record<string, unknown> | undefined;
  /** Whether `$expand` may ask for extended properties. */
  expandable?: boolean;
  partial?: (entry: LogEntry, select?: string[]) => Record<string, unknown> | undefined;
  wanted?: (entry: LogEntry, filter: string | undefined) => boolean;
}

/** Without `Prefer: odata.maxpagesize` a page holds 10 items, on every call anew (facts/graph.md D.1). */
const usualPageSize = 10;
const largestPageSize = 1_000;

export function deltaCall(call: MailboxCall, subject: DeltaSubject): Answer {
  const { state, path, query } = call;
  const habits = state.faults.settings.delta;
  const token = query.get("$skiptoken") ?? query.get("$deltatoken");
  const round = token ? decodeToken(token) : firstState(call, subject);
  if (round.of !== subject.of) refuse(400, "SyncStateInvalid", "The sync state belongs to another folder.");
  const tooOld =
    habits.tokenLifetimeMs !== undefined && state.now().getTime() - round.issuedAt > habits.tokenLifetimeMs;
  if (round.generation !== subject.generation || tooOld)
    return resyncAnswer(habits.resyncShape, `${state.origin}${path}`);
  const begun = round.kind === "delta" ? { ...round, upTo: subject.log.head } : round;
  const size = Math.min(call.maxPageSize ?? wholeNumber(query, "$top") ?? usualPageSize, largestPageSize);
  const { wanted } = subject;
  const page = deltaPage({
    log: subject.log,
    state: begun,
    size,
    habits,
    ...(wanted ? { wanted: (entry: LogEntry) => wanted(entry, begun.filter) } : {}),
  });
  const next = encodeToken({ ...page.next, issuedAt: state.now().getTime() });
  const link = `${state.origin}${path}?$${page.next.kind}token=${next}`;
  return json({
    "@odata.context": `${state.origin}/v1.0/$metadata#Collection(${subject.collection})`,
    [page.next.kind === "skip" ? "@odata.nextLink" : "@odata.deltaLink"]: link,
    value: page.told.flatMap((told) => toldJson(told, call, { subject, round: begun }) ?? []),
  });
}

function firstState({ state, query }: MailboxCall, subject: DeltaSubject): DeltaState {
  for (const option of ["$search", "$skip", "$count"]) {
    if (query.has(option))
      refuse(400, "ErrorInvalidUrlQuery", `The query parameter '${option}' is not supported with change tracking.`);
  }
  const select = selected(query, subject.known, subject.type);
  const expand = subject.expandable ? expanded(query, subject.type) : undefined;
  const changeType = query.get("changeType");
  const filter = query.get("$filter");
  return {
    kind: "skip",
    of: subject.of,
    generation: subject.generation,
    issuedAt: state.now().getTime(),
    upTo: subject.log.head,
    after: 0,
    page: 0,
    told: 0,
    ...(select ? { select } : {}),
    ...(expand ? { expand } : {}),
    ...(changeType ? { changeType } : {}),
    ...(filter ? { filter } : {}),
  };
}

function toldJson(
  told: Told,
  call: MailboxCall,
  { subject, round: { select, expand } }: { subject: DeltaSubject; round: DeltaState },
): Record<string, unknown> | undefined {
  if (told.as !== "removed")
    return (told.as === "partial" ? (subject.partial ?? subject.present) : subject.present)(told.entry, select, expand);
  return {
    "@odata.type": `#microsoft.graph.${subject.collection}`,
    id: call.immutableIds ? told.id : told.movableId,
    "@removed": { reason: "deleted" },
  };
}
