// Between a decision to fetch and the fetching: the profile's filter. Every way into the archive leads through here.
import type { Known } from "../catalog/known.js";
import type { LedgerEvent } from "../ledger/record.js";
import type { MessageFacts } from "../ports/mail-source.js";
import type { Verdict } from "../profiles/verdict.js";
import { decidePlace } from "./decide.js";
import type { Wanted } from "./fetch.js";
import type { Session } from "./session.js";
import { endOfWait, noLongerOwed } from "./settle.js";
import type { PageTicket } from "./tickets.js";

export interface Sifted {
  known: Known | undefined;
  /** The message itself was asked for, not only its page. */
  whole: boolean;
  /** The page that told of the message as present: what is set aside of it counts with the page. */
  told?: PageTicket | undefined;
}

/**
 * take   fetch it; `unlessSize`: unless its bytes are too few or too many
 * ask    only the whole message can tell
 * aside  not now or not at all: that is written down
 */
export async function sift(
  session: Session,
  wanted: Wanted,
  sifted: Sifted,
): Promise<Extract<Verdict, { kind: "take" | "ask" }> | { kind: "aside" }> {
  const verdict = session.filter.verdict(wanted.message, { now: session.now, whole: sifted.whole });
  if (verdict.kind === "take" || verdict.kind === "ask") return verdict;
  await setAside(session, wanted, { ...sifted, verdict });
  return { kind: "aside" };
}

/** The filter does not take the message, or not yet. */
export async function setAside(
  session: Session,
  { message: { id }, version, folder }: Wanted,
  { known, told, verdict }: Pick<Sifted, "known" | "told"> & { verdict: Extract<Verdict, { kind: "skip" | "wait" }> },
): Promise<void> {
  const { writer, profile } = session;
  // A message that the archive has stays on its books, whatever becomes of its new content.
  if (known !== undefined) await writer.note(decidePlace(known, folder), { id, known });
  const ended = [...noLongerOwed(session, id), ...endOfWait(session, id)];
  const events: LedgerEvent[] = [];
  if (verdict.kind === "wait") {
    const { dueAt, cause } = verdict;
    const scope = session.filter.scope ?? "";
    session.waiting.add(id);
    events.push({ kind: "waiting", id, folderId: folder.id, profile, scope, dueAt, cause, version });
  } else if (told !== undefined || ended.length > 0)
    events.push({ kind: "skipped", id, folderId: folder.id, cause: verdict.cause, profile });
  // Its page is settled in one commit with it: counted once, however often the page has to be read.
  if (told !== undefined && ended.length === 0) {
    await writer.room();
    for (const event of events) told.setAside(event);
  } else await writer.note([...events, ...ended]);
}

/** A list of the folder names a message that is not archived: whether that is how it should be. */
export async function isRightlyLeftOut(session: Session, message: MessageFacts): Promise<boolean> {
  const verdict = session.filter.verdict(message, { now: session.now, whole: false });
  if (verdict.kind === "skip") return true;
  return verdict.kind === "wait" && (await session.waiting.has(message.id));
}
