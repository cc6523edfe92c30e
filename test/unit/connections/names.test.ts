// Names of connections: what one may be called, and that case makes no difference.
import { describe, expect, it } from "vitest";
import { ConnectionId } from "../../../lib/core/ids.js";
import { checkKey } from "../../../lib/core/row-limits.js";

const bad: [string, string][] = [
  ["nothing", ""],
  ["a leading digit", "1contoso"],
  ["a leading space", " contoso"],
  ["a leading hyphen", "-contoso"],
  ["a leading dot", ".contoso"],
  ["only dots", ".."],
  ["a space at the end", "contoso "],
  ["a dot at the end", "contoso."],
  ...[..."<>:\"/\\|?*_#%&'`~!@$^()+={}[];,"].map((c): [string, string] => [`the character ${c}`, `con${c}toso`]),
  ["NUL", "con\u0000toso"],
  ["a line break", "con\ntoso"],
  ["a tab", "con\ttoso"],
  ["DEL", "con\u007ftoso"],
  ["a C1 control", "con\u0085toso"],
  ["half a surrogate pair", "con\ud800toso"],
  ["a letter beyond ASCII", "münchen"],
  ["a letter that only looks Latin", "c\u043entoso"],
  ["a full-width letter", "\uff43ontoso"],
  ["a zero-width space", "con\u200btoso"],
  ["a right-to-left mark", "contoso\u200f"],
  ["a line break at the end", "contoso\n"],
  ["too many characters", "c".repeat(65)],
];
const good = ["c", "Contoso", "contoso-eu", "Contoso.com", "Contoso Legal 2", "a-", "default", "c".repeat(64)];

describe("a connection", () => {
  it.each(bad)("is not called with %s", (_, name) => expect(ConnectionId.safeParse(name).success).toBe(false));

  it.each(good)("may be called %s, and makes a key of it", (name) => {
    expect(ConnectionId.safeParse(name).success).toBe(true);
    expect(() => checkKey({ partition: name.toLowerCase(), row: name.toLowerCase() })).not.toThrow();
  });
});
