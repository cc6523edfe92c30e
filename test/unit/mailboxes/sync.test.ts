// Who is in the directory snapshot, and who is not any more.
import { describe, expect, it } from "vitest";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { MailkeepError } from "../../../lib/core/errors.js";
import { defaultConnection, type MailboxId } from "../../../lib/core/ids.js";
import { day } from "../../../lib/core/time.js";
import { findMailbox } from "../../../lib/mailboxes/mailbox.js";
import { syncDirectory } from "../../../lib/mailboxes/sync.js";
import type { DirectoryUser, MailboxProbe, UserChange, UserChanges } from "../../../lib/ports/directory.js";
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
  let changes: UserChanges | undefined;
  let counted: number | undefined;
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
      find: async (id: string) => users.find((user) => user.id === id),
      async bookmark() {
        if (changes === undefined) throw new MailkeepError("invalid", "no changes here");
        return "bookmark 1";
      },
      changesSince: async () => changes ?? { kind: "resync" as const },
      countUsers: async () => counted,
      group: async () => undefined,
      async *groupMembers() {},
      unit: async () => undefined,
      async *unitMembers() {},
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
    /** From now on the directory keeps bookmarks, and tells this to whoever has one; the users are as they were. */
    tell: (...told: UserChange[]) => {
      changes = { kind: "changes", changes: told, bookmark: "bookmark 2" };
      return syncDirectory(deps);
    },
    /** Gone from the directory, which has not told of it yet. */
    lose: (name: string) => {
      users = users.filter(({ id }) => id !== name);
    },
    forget: () => {
      changes = { kind: "resync" };
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

it("says that somebody left, since when, and takes them back when they return, whatever they had before", async () => {
  const directory = aDirectory();
  const other = aUser("other");
  directory.answerWith(() => ({ kind: "none", reason: "MailboxNotEnabledForRESTAPI" }));
  await directory.sync(aUser("anna"), other);
  expect(await directory.sync(other)).toMatchObject({ left: 1 });
  const gone = { excluded: "LEFT_DIRECTORY", leftAt: now.toISOString() };
  expect(await directory.entry("anna")).toMatchObject(gone);
  directory.clock.advance(day);
  expect(await directory.sync(other)).toMatchObject({ left: 0 });
  expect(await directory.entry("anna")).toMatchObject(gone);
  directory.answerWith(() => ({ kind: "user" }));
  expect(await directory.sync(aUser("anna"), other)).toMatchObject({ joined: 1 });
  expect(await directory.entry("anna")).toMatchObject({ kind: "user" });
  expect(await directory.entry("anna")).not.toHaveProperty("excluded");
  expect(await directory.entry("anna")).not.toHaveProperty("leftAt");
});

it("takes a directory without anybody for one that was not read", async () => {
  const directory = aDirectory();
  await directory.sync(aUser("anna"));
  await expect(directory.sync()).rejects.toMatchObject({ code: "unavailable", reason: "DIRECTORY_EMPTY" });
  expect(await directory.entry("anna")).not.toHaveProperty("excluded");
});

describe("a directory that keeps bookmarks", () => {
  const anna = aUser("anna");
  const ben = aUser("ben");
  /** Anna and Ben are known, and a bookmark is held. */
  async function known() {
    const directory = aDirectory();
    await directory.sync(anna, ben);
    directory.clock.advance(8 * day);
    await directory.tell();
    return directory;
  }

  it("is asked for what is new only; nobody else is thought to have left", async () => {
    const directory = await known();
    const changed = { ...anna, displayName: "Anna B." };
    const carl = aUser("carl");
    expect(
      await directory.tell(
        { kind: "present", id: anna.id, user: changed },
        { kind: "present", id: carl.id, user: carl },
      ),
    ).toMatchObject({ full: false, users: 3, joined: 1, left: 0 });
    expect(await directory.entry("anna")).toMatchObject({ displayName: "Anna B.", address: "anna@contoso.example" });
    expect(await directory.tell({ kind: "removed", id: ben.id })).toMatchObject({ users: 2, left: 1 });
    expect(await directory.entry("ben")).toMatchObject({ excluded: "LEFT_DIRECTORY" });
    expect(await directory.tell({ kind: "removed", id: ben.id })).toMatchObject({ left: 0 });
  });

  it("is asked for the whole of whom only parts were told, so that nothing known is wiped", async () => {
    const directory = await known();
    await directory.tell({ kind: "present", id: anna.id });
    expect(await directory.entry("anna")).toMatchObject({ address: "anna@contoso.example", kind: "user" });
  });

  it("is asked who is there when somebody is told of as gone and as there", async () => {
    const directory = await known();
    const report = await directory.tell({ kind: "present", id: anna.id, user: anna }, { kind: "removed", id: anna.id });
    expect(report).toMatchObject({ left: 0, users: 2 });
    directory.lose("anna");
    const again = [
      { kind: "removed", id: anna.id },
      { kind: "present", id: anna.id, user: anna },
    ] as const;
    expect(await directory.tell(...again)).toMatchObject({ left: 1, users: 1 });
  });

  it("is read as a whole when the bookmark is dead, and when the last whole reading is seven days old", async () => {
    const directory = await known();
    expect(await directory.forget()).toMatchObject({ full: true, users: 2, left: 0 });
    expect(await directory.tell()).toMatchObject({ full: false });
    directory.clock.advance(7 * day);
    expect(await directory.tell()).toMatchObject({ full: true });
  });
});
