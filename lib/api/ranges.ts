// Pure: which bytes of a representation a request asks for (RFC 9110 sections 13 and 14).

/** What a caller says of the bytes wanted; null where a header is not sent. */
export interface BytesWish {
  /** HEAD: what would be answered, without the bytes. */
  isHead: boolean;
  ifNoneMatch: string | null;
  range: string | null;
  ifRange: string | null;
}

/** A representation with a strong ETag, and its size in bytes. */
export interface Whole {
  etag: string;
  size: number;
}

/** `first` and `last` are both included. */
export type Chosen =
  | { kind: "whole" }
  | { kind: "part"; first: number; last: number }
  | { kind: "unchanged" }
  | { kind: "none" };

/** `unchanged`: the caller has these very bytes. `none`: no byte is where the range begins. */
export function choose({ isHead, ifNoneMatch, range, ifRange }: BytesWish, whole: Whole): Chosen {
  if (ifNoneMatch !== null && matches(ifNoneMatch, whole.etag)) return { kind: "unchanged" };
  // A range means GET only. A date, a weak ETag, or that of other bytes: the caller's part does not belong to this.
  if (isHead || range === null || (ifRange !== null && ifRange.trim() !== whole.etag)) return { kind: "whole" };
  return partOf(range, whole.size);
}

/** Section 13.1.2: any of a list, compared weakly; `*` is whatever there is. */
function matches(list: string, etag: string): boolean {
  return list.trim() === "*" || [...list.matchAll(/(?:W\/)?("[^"]*")/g)].some(([, opaque]) => opaque === etag);
}

/** Section 14.2: a header that is malformed, of another unit or of several ranges may be ignored, and is. */
function partOf(range: string, size: number): Chosen {
  const [, from, to] = /^\s*bytes=\s*(\d*)-(\d*)\s*$/i.exec(range) ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return { kind: "whole" };
  if (from === "") {
    const suffix = Number(to);
    if (suffix === 0) return { kind: "none" };
    // Of an empty representation the last bytes are all of it, which no Content-Range can say.
    return size === 0 ? { kind: "whole" } : { kind: "part", first: Math.max(0, size - suffix), last: size - 1 };
  }
  const [first, last] = [Number(from), to === "" ? Number.POSITIVE_INFINITY : Number(to)];
  if (last < first) return { kind: "whole" };
  return first >= size ? { kind: "none" } : { kind: "part", first, last: Math.min(last, size - 1) };
}
