// The port MailboxWriter on Graph: the three ways out of a mailbox, and what became of a write whose answer was lost.
import { z } from "zod";
import { MailkeepError } from "../../core/errors.js";
import type { FolderId, ImmutableId } from "../../core/ids.js";
import type { DeletionAction, DeletionOutcome, MailboxWriter, Unchanged } from "../../ports/mail-writer.js";
import type { Governor } from "./governor.js";
import { readJson } from "./json.js";
import { IdOnly, type MailboxAsk, valueIn } from "./mailbox-ask.js";

const Place = z.object({ id: z.string().min(1), changeKey: z.string().min(1), parentFolderId: z.string().min(1) });

/** Sent anew only after the mailbox has said that the message is still there as it was. */
const mostWrites = 3;

/** Where deleted messages go; DELETE's own target is not documented (https://learn.microsoft.com/graph/api/message-delete). */
const deletedFolders = ["deleteditems", "recoverableitemsdeletions", "recoverableitemspurges"];

export class GraphMailboxWriter implements MailboxWriter {
  #deletedFolders: Promise<Set<string>> | undefined;

  constructor(
    private readonly ask: MailboxAsk,
    private readonly governor: Governor,
  ) {}

  /** Graph documents no If-Match for these requests, so the message is looked at right before each. */
  async remove(id: ImmutableId, action: DeletionAction, unless: Unchanged): Promise<DeletionOutcome> {
    for (let write = 1; ; write++) {
      const place = await this.#place(id);
      if (place === undefined) return { kind: write === 1 ? "gone" : "deleted" };
      if ("kind" in place) return place;
      const isAsArchived = place.changeKey === unless.changeKey && place.parentFolderId === unless.folderId;
      if (!isAsArchived) return { kind: write > 1 && (await this.#isDeleted(place, unless)) ? "deleted" : "changed" };
      if (write > mostWrites)
        throw new MailkeepError("unavailable", "a deletion was not done, whatever its answers were", {
          reason: "DELETION_NOT_DONE",
        });
      const outcome = await this.#send(id, action);
      if (outcome?.kind === "gone" && write > 1) return { kind: "deleted" };
      if (outcome !== undefined) return outcome;
    }
  }

  history() {
    return this.governor.history();
  }

  async #isDeleted({ parentFolderId }: z.infer<typeof Place>, before: Unchanged): Promise<boolean> {
    if (parentFolderId === before.folderId) return false;
    this.#deletedFolders ??= this.#findDeletedFolders();
    return (await this.#deletedFolders).has(parentFolderId);
  }

  /** Undefined when the message is not in the mailbox. */
  async #place(id: ImmutableId): Promise<z.infer<typeof Place> | DeletionOutcome | undefined> {
    const route = "/users/{id}/messages/{id}";
    const reply = await this.ask.ask({
      route,
      where: "message",
      path: `/messages/${encodeURIComponent(id)}?$select=id,changeKey,parentFolderId`,
      read: (answer) => readJson(answer, Place),
    });
    if (reply.kind === "failed-for-good") return refused(reply.reason, reply);
    return reply.kind === "gone" ? undefined : valueIn(reply, route);
  }

  /** Undefined when nobody can tell from the answer whether it was done. */
  async #send(id: ImmutableId, action: DeletionAction): Promise<DeletionOutcome | undefined> {
    const reply = await this.ask.ask({
      ...request(action, `/messages/${encodeURIComponent(id)}`),
      where: "message",
      read: () => undefined,
    });
    switch (reply.kind) {
      case "ok":
        return { kind: "deleted" };
      case "gone":
        return { kind: "gone" };
      case "failed-for-good":
        return refusal(reply, action);
      default:
        // A cloud without the action answers 404 or 405 without naming the item.
        return action === "permanentDelete" && reply.status === 404 ? unavailableHere(reply) : undefined;
    }
  }

  async #findDeletedFolders(): Promise<Set<string>> {
    const route = "/users/{id}/mailFolders/{name}";
    const found = await Promise.all(
      deletedFolders.map(async (name) => {
        const reply = await this.ask.ask({
          route,
          where: "well-known",
          path: `/mailFolders/${name}?$select=id`,
          read: (answer) => readJson(answer, IdOnly),
        });
        return reply.kind === "absent" ? [] : [valueIn(reply, route).id as FolderId];
      }),
    );
    return new Set(found.flat());
  }
}

function request(action: DeletionAction, path: string) {
  const route = "/users/{id}/messages/{id}";
  switch (action) {
    case "moveToDeletedItems":
      return {
        route: `${route}/move`,
        path: `${path}/move`,
        send: { method: "POST" as const, json: { destinationId: "deleteditems" } },
      };
    case "delete":
      return { route, path, send: { method: "DELETE" as const } };
    case "permanentDelete":
      return { route: `${route}/permanentDelete`, path: `${path}/permanentDelete`, send: { method: "POST" as const } };
  }
}

interface Refused {
  status: number;
  reason: string;
  requestId: string | undefined;
}

function refusal(reply: Refused, action: DeletionAction): DeletionOutcome {
  // The item was changed by somebody else at that moment.
  if (reply.status === 409 || reply.status === 412) return { kind: "changed" };
  const isMissing = reply.status === 404 || reply.status === 405 || reply.status === 501;
  if (action === "permanentDelete" && isMissing) return unavailableHere(reply);
  return refused(reply.reason, reply);
}

/** https://learn.microsoft.com/graph/api/message-permanentdelete: in the global service only. */
const unavailableHere = (reply: Refused) => refused("PERMANENT_DELETE_UNAVAILABLE", reply);

const refused = (reason: string, { requestId }: Refused): DeletionOutcome => ({
  kind: "refused",
  reason,
  ...(requestId !== undefined && { requestId }),
});
