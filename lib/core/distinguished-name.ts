// Distinguished names of a directory on premises (RFC 4514), compared by their parts. Pure.

/**
 * The parts of a distinguished name, lower case, escapes undone, so that two spellings of one name are equal; undefined when
 * it is malformed.
 */
export const distinguishedParts = (text: string): string[] | undefined =>
  partsIn(text)?.map(({ name, value }) => `${name}=${value}`.toLowerCase());

/** The name as Active Directory spells it: no spaces between its parts, only what must be is escaped. */
export function spelledOut(text: string): string {
  const escaped = (value: string) => value.replace(/[,+"\\<>;=]/g, "\\$&").replace(/^[# ]|(?<=.) $/g, "\\$&");
  const parts = partsIn(text)?.map(({ name, value }) => `${name.toUpperCase()}=${escaped(value)}`);
  return parts?.join(",") ?? text;
}

interface Part {
  name: string;
  value: string;
}

function partsIn(text: string): Part[] | undefined {
  const parts: string[] = [];
  let part = "";
  for (let at = 0; at < text.length; at++) {
    const next = text[at] as string;
    if (next === "\\") {
      const hex = /^[0-9a-f]{2}/i.exec(text.slice(at + 1))?.[0];
      if (hex === undefined && at + 1 >= text.length) return undefined;
      part += hex === undefined ? text[at + 1] : String.fromCharCode(Number.parseInt(hex, 16));
      at += hex === undefined ? 1 : 2;
    } else if (next === ",") {
      parts.push(part);
      part = "";
    } else part += next;
  }
  const read = [...parts, part].map(readPart);
  return read.every((one) => one !== undefined) ? read : undefined;
}

function readPart(part: string): Part | undefined {
  const [, name = "", value = ""] = /^\s*([A-Za-z][A-Za-z0-9.-]*|\d+(?:\.\d+)*)\s*=\s*([\s\S]*?)\s*$/.exec(part) ?? [];
  return name === "" || value === "" ? undefined : { name, value };
}

/** Whether `name` is `container` or stands anywhere below it. */
export function isAtOrBelow(name: string[], container: string[]): boolean {
  const offset = name.length - container.length;
  return offset >= 0 && container.every((part, index) => name[offset + index] === part);
}
