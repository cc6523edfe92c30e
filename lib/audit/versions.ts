// What a thing of the configuration was before a change and after it, whole, under the SHA-256 of its text. The chain names the
// hash, so nobody can put another text in its place unseen; a text can be removed, and the chain stays whole.
import { type Sha256, sha256 } from "../core/digest.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import { gather, spread } from "../core/long-text.js";
import type { RowStore } from "../ports/row-store.js";

const partition = "versions";

export interface Version {
  sha256: string;
  /** The text that is kept has this hash. */
  intact: boolean;
  /** As the API gave it; it can be sent back. */
  body: Record<string, unknown>;
}

const textOf = (body: unknown): string => JSON.stringify(body);

export const versionHash = (body: unknown): Sha256 => sha256(Buffer.from(textOf(body), "utf8"));

/** Written once: the same text has the same name. What fits no row has a hash and no text. */
export async function keepVersion(body: unknown, rows: RowStore): Promise<Sha256> {
  const hash = versionHash(body);
  const values = spread(textOf(body));
  if (values === undefined) return hash;
  try {
    await rows.insert("audit", { partition, row: hash }, values);
  } catch (error) {
    if (!isMailkeepError(error, "conflict")) throw error;
  }
  return hash;
}

/** @throws not-found (VERSION_NOT_FOUND), corrupt (VERSION_DAMAGED) when what is kept is no text of ours */
export async function readVersion(hash: string, rows: RowStore): Promise<Version> {
  const row = await rows.get("audit", { partition, row: hash });
  if (row === undefined)
    throw new MailkeepError("not-found", `no version ${hash} is kept`, { reason: "VERSION_NOT_FOUND" });
  try {
    const text = gather(row.values);
    const intact = sha256(Buffer.from(text, "utf8")) === hash;
    return { sha256: hash, intact, body: JSON.parse(text) as Version["body"] };
  } catch (cause) {
    throw new MailkeepError("corrupt", `the version ${hash} cannot be read`, { cause, reason: "VERSION_DAMAGED" });
  }
}
