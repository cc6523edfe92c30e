// Whether there is a mailbox behind a user, and of which kind.
import { z } from "zod";
import { isMailkeepError } from "../../core/errors.js";
import { type Clock, hour } from "../../core/time.js";
import type { MailboxProbe } from "../../ports/directory.js";
import { maybe, readJson } from "./json.js";
import type { MailboxAsk } from "./mailbox-ask.js";

const Settings = z.object({ userPurpose: maybe(z.string()) });

const kinds: Record<string, "user" | "shared" | "room" | "equipment" | "other"> = {
  user: "user",
  linked: "user",
  shared: "shared",
  room: "room",
  equipment: "equipment",
  others: "other",
};

/** Remembers for a while that the identity may not read mailbox settings (it needs `MailboxSettings.Read`). */
export class SettingsAccess {
  #refusedUntil = 0;
  constructor(private readonly clock: Clock) {}
  get refused(): boolean {
    return this.clock.now().getTime() < this.#refusedUntil;
  }
  refuse(): void {
    this.#refusedUntil = this.clock.now().getTime() + hour;
  }
}

export async function probeMailbox(ask: MailboxAsk, settings: SettingsAccess): Promise<MailboxProbe> {
  try {
    const purpose = settings.refused ? undefined : await userPurpose(ask);
    if (purpose !== undefined) return { kind: kinds[purpose] ?? "unknown" };
    await ask.inbox();
    settings.refuse();
    return { kind: "unknown" };
  } catch (error) {
    if (!isMailkeepError(error, "no-mailbox")) throw error;
    const { reason = "NO_MAILBOX", status, requestId } = error;
    return {
      kind: "none",
      reason,
      ...(status !== undefined && { status }),
      ...(requestId !== undefined && { requestId }),
    };
  }
}

/** Undefined when the identity may not read it; the mailbox itself may still be open to it. */
async function userPurpose(ask: MailboxAsk): Promise<string | undefined> {
  try {
    const settings = await ask.value({
      route: "/users/{id}/mailboxSettings",
      where: "mailbox",
      path: "/mailboxSettings?$select=userPurpose",
      read: (answer) => readJson(answer, Settings),
    });
    return settings.userPurpose ?? "unknown";
  } catch (error) {
    if (isMailkeepError(error, "forbidden")) return undefined;
    throw error;
  }
}
