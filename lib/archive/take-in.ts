// One message into the archive, or into the quarantine: every way this can end is written down.
import { isMailkeepError } from "../core/errors.js";
import type { ImmutableId } from "../core/ids.js";
import type { SkipCause } from "../core/skip-cause.js";
import type { MailboxReader } from "../ports/mail-source.js";
import { noteAbsence } from "./absence.js";
import { decidePlace } from "./decide.js";
import { type Fetched, fetchMessage, type Wanted } from "./fetch.js";
import { inquire } from "./inquire.js";
import { owe } from "./owe.js";
import type { Health, Session } from "./session.js";
import { endOfWait } from "./settle.js";

/**
 * Undefined when all is written down; else why its bytes show that the profile does not want it.
 * @throws only what is a fault of the whole mailbox or of our storage
 */
export async function takeIn(session: Session, wanted: Wanted, health: Health): Promise<SkipCause | undefined> {
  const { writer, owed } = session;
  const { message, version, folder } = wanted;
  const { id } = message;
  const fetched = await storeIfReady(session, wanted, health);
  if (fetched.kind === "ready") {
    owed.delete(id);
    return undefined;
  }
  if (fetched.kind === "unwanted") return fetched.cause;
  const known = version > 1 ? await writer.lookUp(id) : undefined;
  if (fetched.kind === "gone") {
    if (known !== undefined) await noteAbsence(session, id, known, folder);
    else {
      owed.delete(id);
      const told = session.gone.has(id) ? [] : [{ kind: "gone" as const, id, folderId: folder.id }];
      session.gone.add(id);
      await writer.note([...told, ...endOfWait(session, id)]);
    }
    return undefined;
  }
  // Where it is now is known, whatever keeps us from its new content.
  if (known !== undefined) await writer.note(decidePlace(known, folder), { id, known });
  await owe(session, { id, folder }, { ...fetched, health });
  return undefined;
}

/** What can be neither split nor packed nor stored, today or later, is the fault of that message alone. */
async function storeIfReady(session: Session, wanted: Wanted, health: Health): Promise<Fetched> {
  const { reader, attachments, writer } = session;
  const onArrival = () => {
    health.failures = 0;
  };
  try {
    const fetched = await fetchMessage(wanted, { reader, attachments, onArrival });
    if (fetched.kind === "ready") await writer.store(fetched.message, fetched.skeleton);
    return fetched.kind === "gone" ? await reallyGone(reader, wanted.message.id) : fetched;
  } catch (error) {
    if (!isMailkeepError(error, "invalid", "too-large", "corrupt")) throw error;
    return { kind: "failed", reason: error.reason ?? error.code, transient: false };
  }
}

/** Its bytes are said to be gone; whether the message is, the message itself is asked: a failed read is no absence. */
async function reallyGone(reader: MailboxReader, id: ImmutableId): Promise<Fetched> {
  const found = await inquire(reader, id);
  return found.kind === "message" ? { kind: "failed", reason: "ErrorItemNotFound", transient: true } : found;
}
