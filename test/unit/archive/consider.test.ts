import { expect, it } from "vitest";
import { consider } from "../../../lib/archive/consider.js";
import { openTasks, type Session } from "../../../lib/archive/session.js";
import { folderTickets } from "../../../lib/archive/tickets.js";
import { MailkeepError } from "../../../lib/core/errors.js";
import type { ImmutableId } from "../../../lib/core/ids.js";

const id = "m1" as ImmutableId;
const folder = { id: "inbox", path: "/Inbox" };

/** A session whose catalog fails as often as told and then knows nothing. */
function aSession(failures: number): Session {
  let left = failures;
  const session: Partial<Session> = {
    writer: {
      async lookUp() {
        if (left-- > 0) throw new MailkeepError("unavailable", "storage is busy");
        return undefined;
      },
    } as Partial<Session["writer"]> as Session["writer"],
    tree: {
      all: new Map(),
      wanted: [],
      reads: () => true,
      unread: [],
      unmatched: [],
      absent: [],
      lacksAll: false,
      doubtful: [],
      topIsUnread: false,
      hiddenIncluded: false,
    },
    tasks: openTasks(),
    busy: new Map(),
    gone: new Set(),
    owed: new Map(),
    failure: new Promise<never>(() => {}),
  };
  return session as Session;
}

const aTicket = () => folderTickets(() => {}).open({ profile: "p", folderId: folder.id, link: "", kind: "next" });

it("lets the next one decide when a decision fails", async () => {
  const session = aSession(1);
  const first = consider(session, { kind: "removed", id }, folder, aTicket());
  const second = consider(session, { kind: "removed", id }, folder, aTicket());
  await expect(first).rejects.toThrow("busy");
  await second;
  expect((await session.tasks.pull())?.kind).toBe("ask");
});

it("never accounts for a change whose decision failed", async () => {
  const ticket = aTicket();
  const failing = consider(aSession(1), { kind: "removed", id }, folder, ticket);
  await expect(failing).rejects.toThrow("busy");
  expect(await ticket.settled()).toBe(false);
});

it("decides one after the other when two folders speak of a message", async () => {
  const session = aSession(0);
  await consider(session, { kind: "removed", id }, folder, aTicket());
  const second = consider(session, { kind: "removed", id }, folder, aTicket());
  const task = await session.tasks.pull();
  expect(session.busy.size).toBe(1);
  task?.settle(true);
  await second;
  expect((await session.tasks.pull())?.kind).toBe("ask");
});
