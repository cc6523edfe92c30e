// Folder paths as people write them: /Inbox/Projects. A slash inside a name is written as \/ and a backslash as \\; in a
// pattern, where a star stands for any text, a star inside a name is written as \*.

/** The path of a folder from the names on the way to it. */
export function folderPath(names: string[]): string {
  return `/${names.map((name) => name.replaceAll("\\", "\\\\").replaceAll("/", "\\/")).join("/")}`;
}

/** The names on the way; `/` and the empty string give none. */
export function pathNames(path: string): string[] {
  const names: string[] = [];
  let name = "";
  for (let i = 0; i < path.length; i++) {
    const c = path[i];
    if (c === "\\" && i + 1 < path.length) name += path[++i];
    else if (c === "/") {
      if (name !== "") names.push(name);
      name = "";
    } else name += c;
  }
  if (name !== "") names.push(name);
  return names;
}

/** A name of a pattern, as its pieces between the stars (see wildcard.ts); `any`: any number of names. */
export type NamePattern = string[] | "any";

/** The names of a pattern on the way; `*` stands for any part of one name, `**` for any number of names. */
export function patternNames(pattern: string): NamePattern[] {
  const names: NamePattern[] = [];
  let pieces = [""];
  const add = (text: string) => pieces.push(`${pieces.pop() ?? ""}${text}`);
  const end = () => {
    const isAny = pieces.length === 3 && pieces.every((piece) => piece === "");
    if (isAny) names.push("any");
    else if (pieces.length > 1 || pieces[0] !== "") names.push(pieces);
    pieces = [""];
  };
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] ?? "";
    if (c === "\\" && i + 1 < pattern.length) add(pattern[++i] ?? "");
    else if (c === "/") end();
    else if (c === "*") pieces.push("");
    else add(c);
  }
  end();
  return names;
}
