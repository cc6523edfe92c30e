// The chain against the anchors: each says which hash the entry of its number had on its day.
import { isMailkeepError } from "../core/errors.js";
import { day } from "../core/time.js";
import type { BlobStore } from "../ports/blob-store.js";
import { anchorName, anchorNames, readAnchor, type StoredAnchor } from "./anchor-blobs.js";
import type { ReadRow } from "./entry.js";
import type { Walk } from "./walk.js";

/** Anchors read at a time. */
const atOnce = 8;

class ExpectedAnchors {
  readonly #bySeq = new Map<number, StoredAnchor>();
  constructor(
    /** By their days. */
    readonly stored: StoredAnchor[],
    /** Names of blobs that are no anchors. */
    readonly unreadable: string[],
    /** Whether they begin with the first one there is. */
    readonly fromFirst: boolean,
  ) {
    for (const one of stored) this.#bySeq.set(one.anchor.seq, one);
  }

  meet({ seq, hash }: ReadRow, walk: Walk): void {
    const known = this.#bySeq.get(seq);
    if (known !== undefined && known.anchor.hash !== hash)
      walk.find("changed", seq, `${known.name} knows another text of this entry`);
  }
}

/** The anchors of these days; without an end also the newest, which tells whether the end is still there. */
export async function expectedAnchors(
  { from, to }: { from?: Date; to?: Date },
  blobs: BlobStore,
): Promise<ExpectedAnchors> {
  const names: string[] = [];
  for await (const name of anchorNames(blobs)) names.push(name);
  const first = from === undefined ? "" : nameNear(from, -day);
  const last = to === undefined ? "~" : nameNear(to, day);
  const chosen = names.filter((name) => name >= first && name <= last);
  if (to === undefined && chosen.length === 0) chosen.push(...names.slice(-1));
  const read: (StoredAnchor | string)[] = [];
  for (let at = 0; at < chosen.length; at += atOnce)
    read.push(...(await Promise.all(chosen.slice(at, at + atOnce).map((name) => readOrName(blobs, name)))));
  return new ExpectedAnchors(
    read.filter((one) => typeof one !== "string"),
    read.filter((one) => typeof one === "string"),
    chosen[0] === names[0],
  );
}

const nameNear = (time: Date, ms: number): string =>
  anchorName(new Date(time.getTime() + ms).toISOString().slice(0, 10));

/** The anchor, or its name when it is none. */
async function readOrName(blobs: BlobStore, name: string): Promise<StoredAnchor | string> {
  try {
    return await readAnchor(blobs, name);
  } catch (error) {
    if (isMailkeepError(error, "corrupt")) return name;
    throw error;
  }
}

/** What the anchors say of each other, and of an end that is gone. */
export function compareAnchors(
  { stored, unreadable, fromFirst }: ExpectedAnchors,
  walk: Walk,
  { reachesEnd }: { reachesEnd: boolean },
): void {
  for (const name of unreadable) walk.find("anchor", 0, `${name} is no anchor`);
  for (const [index, { name, anchor }] of stored.entries()) {
    const before = stored[index - 1];
    const isFirst = before === undefined;
    if (isFirst && !fromFirst) continue;
    if (anchor.previous?.name !== before?.name)
      walk.find("anchor", anchor.seq, `${anchor.previous?.name ?? "the anchor"} before ${name} is gone`);
    else if (anchor.previous?.sha256 !== before?.sha256)
      walk.find("anchor", before?.anchor.seq ?? 0, `${before?.name} is not what ${name} names`);
  }
  const newest = stored.at(-1)?.anchor;
  if (reachesEnd && newest !== undefined && newest.seq > walk.newest)
    walk.find("truncated", walk.newest + 1, `the anchor of ${newest.day} knows of ${newest.seq} entries`);
}
