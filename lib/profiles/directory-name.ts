// Pure: what a name in a profile is meant to be, and why it cannot be one. Nobody is looked up here.

export type NameKind = "objectId" | "address" | "distinguishedName";

export type ReadName = { kind: NameKind } | { refused: string };

const objectId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Exchange's own rules are narrower than RFC 5321: no quoted local parts, no address literals. */
const localPart = /^[^\s@<>()[\]\\,;:"/|*?\p{Cc}]{1,64}$/u;
const domainLabel = /^[\p{L}\p{N}]([\p{L}\p{N}_-]{0,61}[\p{L}\p{N}])?$/u;

/** A name of a user or a group: an object id, an SMTP address or user principal name, or a distinguished name. */
export function readName(name: string): ReadName {
  const text = name.trim();
  if (/^[A-Za-z][A-Za-z0-9.-]*\s*=/.test(text)) return readDistinguished(text);
  if (/#EXT#/i.test(text)) return { refused: "is a guest (#EXT#): the mailbox is in the guest's own tenant" };
  if (/^\.\\/.test(text)) return { refused: `is a local account; ${wanted}` };
  if (text.includes("\\")) return { refused: `is a DOMAIN\\user name, which Microsoft 365 does not know; ${wanted}` };
  if (objectId.test(text)) return { kind: "objectId" };
  if (/^(x500|sip|spo|eum|x400):/i.test(text))
    return { refused: `is a proxy address that is no mail address; ${wanted}` };
  return isAddress(withoutScheme(text))
    ? { kind: "address" }
    : { refused: `is no name that can be looked up; ${wanted}` };
}

const wanted = "give an address (anna@contoso.com), an object id, or a distinguished name (CN=…,DC=…)";

/** `SMTP:` and `smtp:` stand before proxy addresses. */
export const withoutScheme = (name: string): string => name.trim().replace(/^smtp:/i, "");

function isAddress(text: string): boolean {
  const at = text.lastIndexOf("@");
  const domain = text.slice(at + 1);
  if (at < 1 || domain.length > 255 || !localPart.test(text.slice(0, at))) return false;
  return domain.split(".").every((label) => domainLabel.test(label));
}

function readDistinguished(text: string): ReadName {
  const parts = distinguishedParts(text);
  if (parts === undefined || !parts.some((part) => part.startsWith("dc=")))
    return { refused: "is no whole distinguished name, such as CN=Anna Berg,OU=Legal,DC=contoso,DC=com" };
  return { kind: "distinguishedName" };
}

/**
 * The parts of a distinguished name (RFC 4514), lower case, escapes undone, so that two spellings of one name are equal;
 * undefined when it is malformed.
 */
export function distinguishedParts(text: string): string[] | undefined {
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
  const normal = [...parts, part].map(normalPart);
  return normal.every((one) => one !== undefined) ? normal : undefined;
}

function normalPart(part: string): string | undefined {
  const [, name = "", value = ""] = /^\s*([A-Za-z][A-Za-z0-9.-]*|\d+(?:\.\d+)*)\s*=\s*([\s\S]*?)\s*$/.exec(part) ?? [];
  return name === "" || value === "" ? undefined : `${name}=${value}`.toLowerCase();
}

/** Whether `name` is `container` or stands anywhere below it. */
export function isAtOrBelow(name: string[], container: string[]): boolean {
  const offset = name.length - container.length;
  return offset >= 0 && container.every((part, index) => name[offset + index] === part);
}
