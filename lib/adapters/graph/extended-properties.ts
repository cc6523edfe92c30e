// What Graph's message has no property for and Exchange keeps all the same: size, message class, sensitivity, labels. Asked
// for by `$expand` on the same request as everything else (https://learn.microsoft.com/graph/api/message-delta).
import type { ExtraFact, MessageFacts } from "../../ports/mail-source.js";

/** https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get: a property is asked for by its id. */
const ids = {
  /** PR_MESSAGE_SIZE, MS-OXCMSG section 2.2.1.7. */
  size: "Integer 0x0E08",
  /** PidTagMessageClass, MS-OXCMSG section 2.2.1.3: no message is without one. */
  messageClass: "String 0x001A",
  /** PidTagSensitivity, MS-OXCMSG section 2.2.1.13. */
  sensitivity: "Integer 0x0036",
  /** The header field in which Purview keeps the labels of a message, as a property of PS_INTERNET_HEADERS. */
  labels: "String {00020386-0000-0000-C000-000000000046} Name msip_labels",
} as const;

type Extended = keyof typeof ids;

/** As `&$expand=…`; empty when nothing of the kind is asked for. */
export function expandOf(extra: readonly ExtraFact[]): string {
  const asked = (Object.keys(ids) as Extended[]).filter((name) => isAsked(name, extra));
  if (asked.length === 0) return "";
  const filter = asked.map((name) => `id eq '${ids[name]}'`).join(" or ");
  return `&$expand=singleValueExtendedProperties($filter=${encodeURI(filter)})`;
}

/**
 * Exchange leaves out what a message does not have. The class, which every message has, is asked for besides: where it
 * comes, everything was told, and what did not come is not there.
 */
const isAsked = (name: Extended, extra: readonly ExtraFact[]): boolean =>
  extra.includes(name) || (name === "messageClass" && (extra.includes("labels") || extra.includes("sensitivity")));

interface Property {
  id: string;
  value?: string | null | undefined;
}

type ExtendedFacts = Pick<MessageFacts, "size" | "messageClass" | "sensitivity" | "labels">;

/** Undefined: not said. */
export function extendedFacts(
  properties: readonly Property[],
  extra: readonly ExtraFact[],
): { [K in keyof ExtendedFacts]-?: ExtendedFacts[K] | undefined } {
  const find = (name: Extended) => properties.find(({ id }) => isSame(id, ids[name]))?.value ?? undefined;
  const messageClass = find("messageClass")?.trim() || undefined;
  const isTold = messageClass !== undefined;
  const [sensitivity, labels] = [find("sensitivity"), find("labels")];
  return {
    size: sizeIn(find("size")),
    messageClass,
    sensitivity:
      sensitivity === undefined
        ? isTold && extra.includes("sensitivity")
          ? "normal"
          : undefined
        : sensitivities[sensitivity.trim()],
    labels: labels === undefined ? (isTold && extra.includes("labels") ? [] : undefined) : labelsIn(labels),
  };
}

/** Exchange spells ids back its own way (`Integer 0xe08`), so type and number, or the parts of the name, are compared. */
function isSame(said: string, asked: string): boolean {
  const plain = (id: string) =>
    id
      .toLowerCase()
      .replace(/ 0x0*/, " 0x")
      .replace(/^long /, "integer ");
  return plain(said) === plain(asked);
}

const sizeIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

/** MS-OXCMSG section 2.2.1.13; values of extended properties are always texts. */
const sensitivities: Record<string, NonNullable<MessageFacts["sensitivity"]>> = {
  "0": "normal",
  "1": "personal",
  "2": "private",
  "3": "confidential",
};

/**
 * `MSIP_Label_<guid>_Enabled=True;MSIP_Label_<guid>_Name=…;…`: the labels that are not disabled; undefined for a text
 * that is nothing of the kind. https://learn.microsoft.com/information-protection/develop/concept-mip-metadata
 */
function labelsIn(text: string): string[] | undefined {
  const found = new Map<string, boolean>();
  for (const [, guid = "", name = "", value = ""] of text.matchAll(
    /MSIP_Label_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_(\w+)=([^;]*)/gi,
  )) {
    const label = guid.toLowerCase();
    const isOff = name.toLowerCase() === "enabled" && value.trim().toLowerCase() === "false";
    found.set(label, (found.get(label) ?? true) && !isOff);
  }
  if (found.size === 0 && text.trim() !== "") return undefined;
  return [...found].filter(([, isOn]) => isOn).map(([label]) => label);
}
