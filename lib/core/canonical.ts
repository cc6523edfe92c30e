// JSON in one form only (RFC 8785): keys in order, no blanks, so that the same value always gives the same bytes.

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json | undefined };

/** Members that are undefined are left out. Numbers must be whole: those print alike everywhere. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value)
    .filter((member): member is [string, Json] => member[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(",")}}`;
}
