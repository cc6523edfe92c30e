// The end of the chain as it was on a day, in a blob that nobody overwrites: what the tables are measured against.
import { z } from "zod";
import { type Sha256, sha256 } from "../core/digest.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { BlobStore } from "../ports/blob-store.js";

const prefix = "audit/";

export const Anchor = z.strictObject({
  format: z.literal("mailkeep-audit-anchor"),
  formatVersion: z.literal(1),
  day: z.iso.date(),
  seq: z.number().int().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  time: z.iso.datetime(),
  /** The anchor before, so that none of them can be left out. */
  previous: z.strictObject({ name: z.string(), sha256: z.string() }).nullable(),
});
export type Anchor = z.infer<typeof Anchor>;

export interface StoredAnchor {
  name: string;
  anchor: Anchor;
  sha256: Sha256;
}

export const anchorName = (day: string): string => `${prefix}${day}.json`;

/** @throws corrupt when the blob is no anchor */
export async function readAnchor(blobs: BlobStore, name: string): Promise<StoredAnchor> {
  const { bytes } = await blobs.get(name);
  const parsed = Anchor.safeParse(json(bytes));
  if (!parsed.success) throw new MailkeepError("corrupt", `${name} is not an anchor of the audit`);
  return { name, anchor: parsed.data, sha256: sha256(bytes) };
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** Names of anchors, oldest first. */
export async function* anchorNames(blobs: BlobStore): AsyncIterable<string> {
  for await (const { name } of blobs.list(prefix)) if (/^audit\/\d{4}-\d\d-\d\d\.json$/.test(name)) yield name;
}

/** The newest one that can be read; the check names the others. */
export async function newestAnchor(blobs: BlobStore): Promise<StoredAnchor | undefined> {
  const names: string[] = [];
  for await (const name of anchorNames(blobs)) names.push(name);
  for (const name of names.reverse()) {
    try {
      return await readAnchor(blobs, name);
    } catch (error) {
      if (!isMailkeepError(error, "corrupt")) throw error;
    }
  }
  return undefined;
}

/** Returns whether it wrote: the first anchor of a day stands. */
export function putAnchor(blobs: BlobStore, anchor: Anchor): Promise<boolean> {
  const bytes = Buffer.from(`${JSON.stringify(anchor)}\n`, "utf8");
  return blobs.putIfAbsent(anchorName(anchor.day), bytes, { contentType: "application/json" });
}
