// Wildcards: the pieces of a pattern between its stars, and whether a text fits them.

/**
 * Whether the text begins with the first piece, ends with the last one and has the others between, in order. One piece
 * alone must be the whole text. Greedy, so that no pattern, however many stars it has, takes more than one pass.
 */
export function fits(pieces: readonly string[], text: string): boolean {
  const [first = "", ...others] = pieces;
  const last = others.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of others) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
