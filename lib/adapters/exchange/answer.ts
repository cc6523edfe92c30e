// Reads what Exchange's administration answers. What is not whole, or says of itself that it is not, is never a short list.
import { z } from "zod";
import { Fault } from "../graph/fault.js";
import type { WireAnswer } from "./wire.js";

export type ExchangeRow = Record<string, unknown>;

export interface ExchangePage {
  rows: ExchangeRow[];
  nextLink: string | undefined;
  /** Present and empty on complete results. */
  warnings: string[];
}

const Envelope = z.object({
  value: z.array(z.record(z.string(), z.unknown())),
  "@odata.nextLink": z.string().min(1).nullish(),
  "@adminapi.warnings": z.array(z.unknown()).nullish(),
});

/** `X@odata.type` and `X@data.type` only say what X is; `@…` is about the answer, not about the object. */
const plainRow = (row: object): ExchangeRow =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !name.includes("@")));

/**
 * `{"value":[…]}`, a bare list, or one object alone: all three have been seen.
 * @throws Fault `malformed` for anything else, an error inside a 200 included
 */
export function readPage({ text }: WireAnswer): ExchangePage {
  const json = parsed(text);
  if (Array.isArray(json)) return readPageOf({ value: json });
  if (json === null || typeof json !== "object" || "error" in json)
    throw new Fault("malformed", "the answer is no result of a cmdlet");
  if ("value" in json) return readPageOf(json);
  const row = plainRow(json);
  if (Object.keys(row).length === 0) throw new Fault("malformed", "the answer holds neither a list nor an object");
  return readPageOf({ ...json, value: [json] });
}

function readPageOf(json: unknown): ExchangePage {
  const page = Envelope.safeParse(json);
  if (!page.success) throw new Fault("malformed", "the answer is not a list of objects", page.error);
  const { value, "@odata.nextLink": nextLink, "@adminapi.warnings": warnings } = page.data;
  return { rows: value.map(plainRow), nextLink: nextLink ?? undefined, warnings: (warnings ?? []).map(String) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Fault("malformed", "the JSON is cut or garbled", error);
  }
}

/** What an answer that is not a 2xx says. */
export interface Refused {
  status: number;
  /** `error.code`, e.g. `BadRequest`. */
  code: string | undefined;
  /** The exception's class without its namespace, e.g. `ManagementObjectNotFoundException`. */
  type: string | undefined;
  /** For a person: printable, at most 300 characters. */
  text: string;
}

const Internal = z.object({ message: z.string().optional().catch(undefined), type: z.string().optional() });
const Inner = z
  .object({ internalexception: Internal.optional().catch(undefined) })
  .optional()
  .catch(undefined);
const ErrorBody = z.object({
  error: z.object({
    code: z.string().optional().catch(undefined),
    message: z.string().optional().catch(undefined),
    details: z
      .array(z.object({ message: z.string().optional().catch(undefined) }))
      .optional()
      .catch(undefined),
    innererror: Inner,
    innerError: Inner,
  }),
});

/** The body may be no JSON at all, e.g. a run of NUL bytes: the status alone decides then. */
export function readRefusal({ status, text }: WireAnswer): Refused {
  const error = errorIn(text);
  const internal = (error?.innererror ?? error?.innerError)?.internalexception;
  const detail = detailParts(error?.details?.[0]?.message);
  const words = [internal?.message, detail.text, error?.message].map(printable).find((said) => said !== "");
  return {
    status,
    code: wordOf(error?.code),
    type: wordOf((internal?.type ?? detail.type)?.split(".").at(-1)),
    text: words ?? "",
  };
}

function errorIn(text: string): z.infer<typeof ErrorBody>["error"] | undefined {
  try {
    return ErrorBody.safeParse(JSON.parse(text.replace(/^\uFEFF/, ""))).data?.error;
  } catch {
    return undefined; // the door answers 403 with NUL bytes, gateways with HTML
  }
}

/** `Ex6F9304|Microsoft.Exchange.…Exception|real text`; the code in front may be missing. */
function detailParts(message: string | undefined): { type?: string; text?: string } {
  const [, type, text] = /^[^|]*\|([^|]*)\|([\s\S]*)$/.exec(message ?? "") ?? [];
  return { ...(type && { type }), ...((text ?? message) !== undefined && { text: text ?? (message as string) }) };
}

const printable = (text: string | undefined): string =>
  (text ?? "")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .slice(0, 300);

const wordOf = (text: string | undefined): string | undefined =>
  text !== undefined && /^[A-Za-z0-9_.-]{1,100}$/.test(text) ? text : undefined;
