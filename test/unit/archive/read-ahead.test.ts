// First pages asked for while the folder tree is still being listed.
import { describe, expect, it } from "vitest";
import { readAhead } from "../../../lib/archive/read-ahead.js";
import type { Cursor } from "../../../lib/catalog/cursors.js";
import type { FolderId } from "../../../lib/core/ids.js";
import type { ChangePage, MailboxReader } from "../../../lib/ports/mail-source.js";

const folder = (name: string) => name as FolderId;

/** A mailbox that answers when it is told to. */
function aMailbox() {
  const asked: { folder: string; link: string | undefined }[] = [];
  const answer = Promise.withResolvers<ChangePage>();
  const changes: MailboxReader["changes"] = (id, link) => {
    asked.push({ folder: id, link });
    return answer.promise;
  };
  return { asked, answer, reader: { changes } as MailboxReader };
}

const noCursors = Promise.resolve(new Map<FolderId, Cursor>());
const page: ChangePage = { kind: "page", changes: [], next: { link: "later", roundDone: true } };

describe("reading ahead", () => {
  it("asks from the cursor, and gives the page once", async () => {
    const { asked, answer, reader } = aMailbox();
    const cursor: Cursor = { folderId: folder("in"), link: "kept", kind: "delta" };
    const ahead = readAhead(reader, Promise.resolve(new Map([[folder("in"), cursor]])));
    ahead.begin(folder("in"));
    ahead.begin(folder("in"));
    const taken = ahead.take(folder("in"));
    answer.resolve(page);
    expect(await taken).toBe(page);
    expect(asked).toEqual([{ folder: "in", link: "kept" }]);
    expect(ahead.take(folder("in"))).toBeUndefined();
  });

  it("asks for no more pages than Graph answers beside each other", async () => {
    const { asked, answer, reader } = aMailbox();
    const ahead = readAhead(reader, noCursors);
    for (const name of ["a", "b", "c", "d", "e"]) ahead.begin(folder(name));
    answer.resolve(page);
    await ahead.settled();
    expect(asked.map((one) => one.folder)).toEqual(["a", "b", "c", "d"]);
    expect(ahead.take(folder("e"))).toBeUndefined();
  });

  it("is settled only when nothing is on its way, and tells a fault to who takes the page", async () => {
    const { answer, reader } = aMailbox();
    const ahead = readAhead(reader, noCursors);
    ahead.begin(folder("in"));
    let settled = false;
    const end = ahead.settled().then(() => {
      settled = true;
    });
    await noCursors;
    expect(settled).toBe(false);
    answer.reject(new Error("refused"));
    await end;
    await expect(ahead.take(folder("in"))).rejects.toThrow("refused");
  });

  it("asks for nothing when the cursors cannot be read, and leaves that fault to others", async () => {
    const { asked, reader } = aMailbox();
    const unread = Promise.reject(new Error("storage is away"));
    const ahead = readAhead(reader, unread);
    ahead.begin(folder("in"));
    await ahead.settled();
    expect(asked).toEqual([]);
    await expect(unread).rejects.toThrow("away");
  });
});
