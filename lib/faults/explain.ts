// A code as somebody met it becomes what the catalogue knows of it, with the places of its command filled in.
import { catalogue, type Entry } from "./catalogue.js";

export interface Explanation extends Entry {
  /** As the catalogue spells it. */
  code: string;
}

/** What a command is about, e.g. `appId`, `mailbox`; what is not known stays a place: `<appId>`. */
export type Places = Record<string, string | undefined>;

/** Graph varies the case of its codes, and error codes of ours are also written `no-mailbox`. */
const normal = (code: string): string => code.toUpperCase().replaceAll("-", "_");

const bySpelling = new Map(Object.keys(catalogue).map((code) => [normal(code), code]));

/** Undefined for a code that nobody has named yet. */
export function explain(code: string, places: Places = {}): Explanation | undefined {
  const known = bySpelling.get(normal(code)) ?? family(normal(code));
  const entry = known === undefined ? undefined : catalogue[known];
  if (known === undefined || entry === undefined) return undefined;
  const { command, ...rest } = entry;
  return { code: known, ...rest, ...(command !== undefined && { command: filled(command, places) }) };
}

/** Codes that come in many variants of one meaning. */
function family(code: string): string | undefined {
  if (code.startsWith("ERRORMIMECONTENTINVALID")) return "ErrorMimeContentInvalid";
  if (/^AADSTS\d{3,9}$/.test(code)) return "AADSTS";
  const status = /^HTTP_([3-5])\d\d$/.exec(code)?.[1];
  return status === undefined ? undefined : `HTTP_${status}xx`;
}

/** A value that would break out of a command is not put into it. */
const safe = /^[\w.@+:/ '-]{1,512}$/;

function filled(command: string, places: Places): string {
  return command.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = places[name];
    return value !== undefined && safe.test(value) ? value : `<${name}>`;
  });
}

/** The short form that goes beside a code in an answer. */
export interface Help {
  cause: string;
  fix: string;
  link?: string;
}

/** Nothing for a code that nobody has named yet. */
export function helpFor(code: string): Help | Record<never, never> {
  const found = explain(code);
  if (found === undefined) return {};
  const { cause, fix, link } = found;
  return { cause, fix, ...(link !== undefined && { link }) };
}

/** Every code, in the order of the alphabet. */
export const allCodes = (): Explanation[] =>
  Object.entries(catalogue)
    .map(([code, entry]) => ({ code, ...entry }))
    .sort((a, b) => (a.code < b.code ? -1 : 1));
