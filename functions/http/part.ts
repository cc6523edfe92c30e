// Bytes of the archive, as many of them as a caller asked for.
import { Refusal } from "../../lib/api/problem.js";
import { type BytesWish, choose } from "../../lib/api/ranges.js";
import type { BytesReply } from "../../lib/api/route.js";

/** Bytes that are there and not opened yet. */
export interface Unopened extends Omit<BytesReply, "bytes" | "part" | "unchanged"> {
  size: number;
  etag: string;
  open(): Promise<AsyncIterable<Uint8Array>>;
}

/** Opens them only where they are answered. @throws Refusal 416 (RANGE_NOT_SATISFIABLE) */
export async function asWished(wish: BytesWish, { open, ...told }: Unopened): Promise<BytesReply> {
  const { size } = told;
  const chosen = choose(wish, told);
  if (chosen.kind === "unchanged") return { ...told, unchanged: true };
  if (chosen.kind === "none")
    throw new Refusal(416, "RANGE_NOT_SATISFIABLE", `there are ${size} bytes, and none where the range begins`, {
      field: "Range",
      headers: { "content-range": `bytes */${size}` },
    });
  if (wish.isHead) return told;
  if (chosen.kind === "whole") return { ...told, bytes: await open() };
  return { ...told, part: chosen, bytes: partOf(await open(), chosen) };
}

/**
 * Bytes are proven by the hash of all of them (lib/reading/content.ts), so all are read, a piece at a time; the last of the
 * part is held back until that has come to its end, so that a part of something damaged never looks complete.
 */
export async function* partOf(
  bytes: AsyncIterable<Uint8Array>,
  { first, last }: { first: number; last: number },
): AsyncGenerator<Uint8Array> {
  let at = 0;
  let held: Uint8Array | undefined;
  for await (const piece of bytes) {
    const [from, to] = [Math.max(0, first - at), Math.min(piece.length, last + 1 - at)];
    at += piece.length;
    if (from >= to) continue;
    if (held !== undefined) yield held;
    held = piece.subarray(from, to);
  }
  if (held !== undefined) yield held;
}
