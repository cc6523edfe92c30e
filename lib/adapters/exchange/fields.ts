// Reads properties of Exchange's rows, which come in more than one spelling.
import { MailkeepError } from "../../core/errors.js";
import type { ExchangeRow } from "./answer.js";

/** Trimmed; undefined when it is missing, null, empty or no text. */
export function textOf(row: ExchangeRow, name: string): string | undefined {
  const value = row[name];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

/** Undefined when the row does not say: never taken for `false` by whom it matters to. */
export function flagOf(row: ExchangeRow, name: string): boolean | undefined {
  const value = row[name];
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") return undefined;
  const word = value.trim().toLowerCase();
  return word === "true" ? true : word === "false" ? false : undefined;
}

/** A list, one text alone, or a comma-joined text as an element: all have been seen. Undefined when the property is missing. */
export function textsOf(row: ExchangeRow, name: string): string[] | undefined {
  const value = row[name];
  if (value === undefined || (typeof value !== "string" && value !== null && !Array.isArray(value))) return undefined;
  return [value]
    .flat()
    .flatMap((item) => (typeof item === "string" ? item.split(",") : []))
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** Like textsOf, and undefined besides for null and for a list in which not everything is a text: part of it is not all. */
export function wholeTextsOf(row: ExchangeRow, name: string): string[] | undefined {
  const value = row[name];
  const isWhole = Array.isArray(value) ? value.every((item) => typeof item === "string") : typeof value === "string";
  return isWhole ? textsOf(row, name) : undefined;
}

const names = ["ExternalDirectoryObjectId", "ExchangeObjectId", "Guid", "ExchangeGuid", "Identity", "Id"];
const addresses = ["PrimarySmtpAddress", "WindowsEmailAddress", "WindowsLiveID", "UserPrincipalName", "Alias", "Name"];

/**
 * The row that is the object asked for. A Get- cmdlet that does not understand its identity can answer with every object
 * there is (facts: README.md), so a row that is another object is a fault, not an answer.
 * @throws MailkeepError `unavailable`
 */
export function theOneAskedFor(rows: ExchangeRow[], identity: string, cmdlet: string): ExchangeRow | undefined {
  const wanted = identity.toLowerCase();
  const found = rows.find((row) => {
    const known = [...names, ...addresses].map((name) => textOf(row, name)?.toLowerCase());
    const proxies = textsOf(row, "EmailAddresses")?.map((proxy) => proxy.toLowerCase().replace(/^smtp:/, "")) ?? [];
    return known.includes(wanted) || proxies.includes(wanted);
  });
  if (found !== undefined || rows.length === 0) return found;
  throw new MailkeepError("unavailable", `Exchange Online answered ${cmdlet} with objects that were not asked for`, {
    reason: "EXCHANGE_WRONG_OBJECT",
  });
}
