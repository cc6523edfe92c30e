// The heads as a whole: each as it was written, sealed as it should be, following the one before.
import { isMailkeepError } from "../core/errors.js";
import type { HeadId } from "../core/ids.js";
import { type Head, headName, listName, signatureName, stampName } from "../heads/head.js";
import { headIds, type ReadHead, readHead, readList, readSignature } from "../heads/read-heads.js";
import { owedOf } from "../heads/seal.js";
import { type BlobStore, bytesIfThere } from "../ports/blob-store.js";
import type { RowStore } from "../ports/row-store.js";
import { addFinding, type FindingList, noFindings } from "./finding.js";

export interface HeadTools {
  blobs: BlobStore;
  rows: RowStore;
  /** Whether a stamp vouches for these bytes; throws `corrupt` when it does not. */
  checkStamp?: ((response: Uint8Array, bytes: Uint8Array) => Promise<void>) | undefined;
}

export async function checkHeads(tools: HeadTools): Promise<FindingList> {
  const found = noFindings();
  let before: { id: HeadId; sha256: string | undefined } | null = null;
  const ids: HeadId[] = [];
  for await (const id of headIds(tools.blobs)) ids.push(id);
  for (const id of ids.sort()) {
    const read = await lookAt(found, headName(id), () => readHead(tools.blobs, id));
    if (read !== undefined) await checkHead(read, before, { ...tools, found });
    before = { id, sha256: read?.sha256 };
  }
  return found;
}

async function checkHead(
  read: ReadHead,
  before: { id: HeadId; sha256: string | undefined } | null,
  { blobs, rows, checkStamp, found }: HeadTools & { found: FindingList },
): Promise<void> {
  const { head, bytes } = read;
  checkOrder(head, before, found);
  await lookAt(found, listName(head.id), () => readList(blobs, head));
  const signed = await lookAt(found, signatureName(head.id), async () => ({ is: await readSignature(blobs, read) }));
  const stamp = await bytesIfThere(blobs, stampName(head.id));
  if (stamp !== undefined && checkStamp !== undefined)
    await lookAt(found, stampName(head.id), () => checkStamp(stamp, bytes));
  const missing = [
    ...(signed !== undefined && signed.is === undefined ? (["signature"] as const) : []),
    ...(stamp === undefined ? (["timestamp"] as const) : []),
  ].filter((seal) => head.seals.includes(seal));
  // What could not be had yet is owed, and health says so.
  if (missing.length === 0 || (await owedOf(rows, head.id)) !== undefined) return;
  addFinding(found, {
    code: "signed-head-incomplete",
    blob: headName(head.id),
    detail: `has lost its ${missing.join(" and ")}`,
  });
}

function checkOrder(
  { id, previous }: Head,
  before: { id: HeadId; sha256: string | undefined } | null,
  found: FindingList,
): void {
  const say = (detail: string) => addFinding(found, { code: "signed-head-missing", blob: headName(id), detail });
  if (previous?.id !== before?.id)
    say(`names ${previous?.id ?? "none"} as the head before it, and ${before?.id ?? "none"} is there`);
  else if (before?.sha256 !== undefined && previous?.sha256 !== before.sha256)
    addFinding(found, {
      code: "signed-head-damaged",
      blob: headName(before.id),
      detail: `is not the one that ${id} names`,
    });
}

/** Undefined, and a finding, when it is damaged. */
async function lookAt<T>(found: FindingList, blob: string, look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (!isMailkeepError(error, "corrupt")) throw error;
    addFinding(found, { code: "signed-head-damaged", blob, detail: error.message });
    return undefined;
  }
}
