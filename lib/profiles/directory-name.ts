// Pure: what a name in a profile is meant to be, and why it cannot be one. Nobody is looked up here.
import { distinguishedParts } from "../core/distinguished-name.js";

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

/** The same for two spellings of one name. */
export function nameKey(name: string): string {
  const parts = distinguishedParts(name);
  // No part of a name can hold this character.
  return parts === undefined ? withoutScheme(name).toLowerCase() : parts.join("\n");
}

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
