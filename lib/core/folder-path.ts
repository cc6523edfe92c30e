// Folder paths as people write them: /Inbox/Projects. A slash inside a name is written as \/ and a backslash as \\.

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
