// Who is in the directory snapshot, and who is not any more.
import { expect, it } from "vitest";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { MailkeepError } from "../../../lib/core/errors.js";
import { defaultConnection, type MailboxId } from "../../../lib/core/ids.js";
import { day } from "../../../lib/core/time.js";
import { findMailbox } from "../../../lib/mailboxes/mailbox.js";
import { syncDirectory } from "../../../lib/mailboxes/sync.js";
import type { DirectoryUser, MailboxProbe } from "../../../lib/ports/directory.js";
import { silentLog } from "../../../lib/ports/log.js";
import { now } from "../runs/a-run.js";

const aUser = (name: string, change: Partial<DirectoryUser> = {}): DirectoryUser => ({
  id: name as MailboxId,
  displayName: name,
  userPrincipalName: `${name}@contoso.example`,
  mail: `${name}@contoso.example`,
  addresses: [`${name}@contoso.example`],
  accountEnabled: true,
  guest: false,
  hasExchangePlan: undefined,
  onPremisesSynced: false,
  ...change,
});

function aDirectory() {
  const rows = memoryRowStore();
  const clock = stoppedClock(now);
  const asked: string[] = [];
  let answer: () => MailboxProbe | undefined = () => ({ kind: "user" });
  let users: DirectoryUser[] = [];
  const deps = {
    rows,
    connection: defaultConnection,
    connections: async () => [defaultConnection],
    clock,
    log: silentLog,
    directory: {
      async *users() {
        yield users;
      },
      find: async () => undefined,
    },
    async probe(id: MailboxId) {
      asked.push(id);
      return answer();
    },
  };
  return {
    clock,
    asked,
    answerWith: (next: typeof answer) => {
      answer = next;
    },
    sync: (...present: DirectoryUser[]) => {
      users = present;
      return syncDirectory(deps);
    },
    entry: (name: string) => findMailbox(rows, name as MailboxId),
  };
}

it("asks each mailbox for its kind once, and again after a while", async () => {
  const directory = aDirectory();
  expect(await directory.sync(aUser("anna"))).toMatchObject({ users: 1, mailboxes: 1, joined: 1, unasked: 0 });
  await directory.sync(aUser("anna"));
  expect(directory.asked).toEqual(["anna"]);
  directory.clock.advance(8 * day);
  await directory.sync(aUser("anna"));
  expect(directory.asked).toEqual(["anna", "anna"]);
});

it("excludes guests and people without an address, unasked", async () => {
  const directory = aDirectory();
  await directory.sync(aUser("guest", { guest: true }), aUser("nobody", { mail: undefined, addresses: [] }));
  expect(await directory.entry("guest")).toMatchObject({ excluded: "GUEST", kind: "none" });
  expect(await directory.entry("nobody")).toMatchObject({ excluded: "NO_MAIL_ADDRESS", kind: "none" });
  expect(directory.asked).toEqual([]);
});

it("keeps who could not be asked as a candidate", async () => {
  const directory = aDirectory();
  directory.answerWith(() => {
    throw new MailkeepError("unavailable", "not now");
  });
  expect(await directory.sync(aUser("anna"))).toMatchObject({ mailboxes: 1, unasked: 1 });
  expect(await directory.entry("anna")).not.toHaveProperty("excluded");
});

it("says that somebody left, and takes them back when they return, whatever they had before", async () => {
  const directory = aDirectory();
  directory.answerWith(() => ({ kind: "none", reason: "MailboxNotEnabledForRESTAPI" }));
  await directory.sync(aUser("anna"));
  expect(await directory.sync()).toMatchObject({ left: 1 });
  expect(await directory.entry("anna")).toMatchObject({ excluded: "LEFT_DIRECTORY" });
  expect(await directory.sync()).toMatchObject({ left: 0 });
  directory.answerWith(() => ({ kind: "user" }));
  await directory.sync(aUser("anna"));
  expect(await directory.entry("anna")).toMatchObject({ kind: "user" });
  expect(await directory.entry("anna")).not.toHaveProperty("excluded");
});
