// What was archived from a tenant can be listed, opened and taken apart again.
import { expect, it } from "vitest";
import { sha256 } from "../../lib/core/digest.js";
import type { MessageKey } from "../../lib/core/ids.js";
import { listAttachments, openAttachment } from "../../lib/reading/attachments.js";
import { openEml } from "../../lib/reading/eml.js";
import { listArchive } from "../../lib/reading/list.js";
import { readMessage } from "../../lib/reading/message.js";
import { aWorld, byId } from "../build/a-world.js";
import { collected } from "../build/an-archive.js";

it("reads back every message of a mailbox, byte for byte, and every attachment", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 40 } });
  await world.run(await world.profile());
  const { id: mailbox } = world.mailbox();
  const deps = world.edges;
  const found: { id: string; sha256: string; key: MessageKey }[] = [];
  for (let cursor: string | undefined; ; ) {
    const { value, next } = await listArchive(deps, mailbox, { limit: 7, cursor });
    found.push(...value.map(({ immutableId, sha256, key }) => ({ id: immutableId, sha256, key })));
    if (next === undefined) break;
    cursor = next;
  }
  expect(found.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(mailbox));
  let attachments = 0;
  for (const { key, sha256: hash } of found) {
    const eml = await openEml(deps, mailbox, key);
    const { bytes } = await collected(eml.body);
    expect(sha256(bytes)).toBe(hash);
    const detail = await readMessage(deps, mailbox, key);
    const all = await listAttachments(deps, mailbox, key);
    if (detail.hasAttachments) expect(all.length).toBeGreaterThan(0);
    for (const one of all) {
      const opened = await openAttachment(deps, mailbox, key, one.number);
      expect(sha256((await collected(opened.body)).bytes)).toBe(one.sha256);
      attachments++;
    }
  }
  expect(attachments).toBeGreaterThan(0);
});
