// Has a head signed and stamped. Either may fail for a while: then it is owed, named, and tried again.
import { sha256 } from "../core/digest.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import { HeadId } from "../core/ids.js";
import type { RowStore } from "../ports/row-store.js";
import { type HeadSignature, headName, keyName, signatureName, stampName } from "./head.js";
import type { HeadDeps } from "./make-head.js";
import { isSignature, publishedKey } from "./signature.js";

export interface OwedSeal {
  head: HeadId;
  /** What is missing. */
  owed: "signature" | "timestamp";
  code: string;
  message: string;
  /** When it was last tried, ISO 8601, and how often. */
  at: string;
  attempts: number;
}

/** What is still owed afterwards; undefined when the head has all that the settings ask for. */
export async function sealHead(id: HeadId, deps: HeadDeps): Promise<OwedSeal | undefined> {
  const { blobs, signer, stamper, rows } = deps;
  const { bytes } = await blobs.get(headName(id));
  const missing = async (name: string) => !(await blobs.exists(name));
  let failed: OwedSeal | undefined;
  if (signer !== undefined && (await missing(signatureName(id))))
    failed = await attempt(id, "signature", deps, () => sign(id, bytes, deps));
  // A stamp says when the head was there: one that waits for its signature has no reason to wait for its stamp.
  if (stamper !== undefined && (await missing(stampName(id))))
    failed ??= await attempt(id, "timestamp", deps, () => stamp(id, bytes, deps));
  if (failed === undefined) await rows.delete("runs", { partition, row: id });
  return failed;
}

async function sign(id: HeadId, bytes: Uint8Array, { blobs, clock, signer }: HeadDeps): Promise<void> {
  if (signer === undefined) return;
  const key = await signer.publicKey();
  const signature = await signer.sign(bytes, key);
  if (!isSignature(key.jwk, bytes, signature))
    throw new MailkeepError("corrupt", "the key gave a signature that is not its own", { reason: "SIGNATURE_WRONG" });
  const { kid, alg, development } = key;
  const json = { contentType: "application/json" };
  // The key first: no signature is ever without it.
  await blobs.putIfAbsent(keyName(kid), Buffer.from(`${JSON.stringify(publishedKey(key), null, 2)}\n`), json);
  const sealed: HeadSignature = {
    format: "mailkeep-signature",
    formatVersion: 1,
    head: id,
    sha256: sha256(bytes),
    kid,
    alg,
    development,
    signature: Buffer.from(signature).toString("base64url"),
    signedAt: clock.now().toISOString(),
  };
  await blobs.putIfAbsent(signatureName(id), Buffer.from(`${JSON.stringify(sealed, null, 2)}\n`), json);
}

async function stamp(id: HeadId, bytes: Uint8Array, { blobs, stamper, log }: HeadDeps): Promise<void> {
  if (stamper === undefined) return;
  const { response, time, authority } = await stamper.stamp(bytes);
  log.info("time stamp received", { head: id, time, authority });
  await blobs.putIfAbsent(stampName(id), response, { contentType: "application/timestamp-reply" });
}

async function attempt(
  head: HeadId,
  owed: OwedSeal["owed"],
  { rows, clock, log }: HeadDeps,
  run: () => Promise<void>,
): Promise<OwedSeal | undefined> {
  try {
    await run();
    log.info(`head has its ${owed}`, { head });
    return undefined;
  } catch (error) {
    if (!isMailkeepError(error)) throw error;
    const before = await owedOf(rows, head);
    const code = error.reason ?? error.code.toUpperCase().replaceAll("-", "_");
    const attempts = (before?.attempts ?? 0) + 1;
    const failed = { head, owed, code, message: error.message, at: clock.now().toISOString(), attempts };
    log.error(`head without its ${owed}`, { head, code, message: error.message, attempts });
    await rows.upsert("runs", { partition, row: head }, { json: JSON.stringify(failed) });
    return failed;
  }
}

const partition = "heads-owed";

export async function owedOf(rows: RowStore, id: HeadId): Promise<OwedSeal | undefined> {
  const row = await rows.get("runs", { partition, row: id });
  return row && (JSON.parse(String(row.values.json)) as OwedSeal);
}

/** Heads without what they should have, the oldest first. */
export async function* owedSeals(rows: RowStore): AsyncIterable<OwedSeal> {
  for await (const { row, values } of rows.scan("runs", partition))
    if (HeadId.safeParse(row).success) yield JSON.parse(String(values.json)) as OwedSeal;
}
