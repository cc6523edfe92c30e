// Decides what of a message stays in its skeleton: the runs go, and so do stretches too long to keep.
import type { Run } from "./base64-run.js";

/** So many runs are cut out of one message; what follows stays literal, so that no message makes an endless manifest. */
export const mostRuns = 1000;
/** A longer stretch without runs becomes identity cuts, so that the skeleton of a huge message stays small. */
const longestLiteralBytes = 1024 * 1024;
/** The longest skeleton: when what would stay is more than this, only stretches of at most a 1,001st of it (8,380 bytes) stay. */
export const longestSkeletonBytes = 8 * 1024 * 1024;
const longestIdentityBytes = 16 * 1024 * 1024;

interface Range {
  offset: number;
  length: number;
}

/** A part of a message: kept in the skeleton, cut as it is, or cut as the run. */
export type Part<R extends Run> = Range & ({ kind: "kept" | "identity" } | { kind: "run"; run: R });

/** All parts of a message of `size` bytes in order, without gaps. */
export function layout<R extends Run>(runs: R[], size: number): Part<R>[] {
  const literals = between(runs, size);
  const kept = literals
    .filter(({ length }) => length <= longestLiteralBytes)
    .reduce((sum, { length }) => sum + length, 0);
  const limit = kept <= longestSkeletonBytes ? longestLiteralBytes : Math.floor(longestSkeletonBytes / (mostRuns + 1));
  return literals.flatMap((literal, index) => {
    const parts: Part<R>[] = literal.length <= limit ? [{ kind: "kept", ...literal }] : identities(literal);
    const run = runs[index];
    if (run !== undefined) parts.push({ kind: "run", offset: run.offset, length: run.length, run });
    return parts;
  });
}

/** The stretch before each run, and the one after the last; some are empty. */
function between(runs: Range[], size: number): Range[] {
  let from = 0;
  return [...runs, { offset: size, length: 0 }].map(({ offset, length }) => {
    const literal = { offset: from, length: offset - from };
    from = offset + length;
    return literal;
  });
}

function identities({ offset, length }: Range): (Range & { kind: "identity" })[] {
  return Array.from({ length: Math.ceil(length / longestIdentityBytes) }, (_, index) => {
    const done = index * longestIdentityBytes;
    return { kind: "identity", offset: offset + done, length: Math.min(longestIdentityBytes, length - done) };
  });
}
