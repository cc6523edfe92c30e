// Lists: how a page is asked for, how it looks, and the opaque cursor between two pages.
import { z } from "zod";
import { onePage, type Page, type PageRequest } from "../core/page.js";

const limitMost = 1_000;
const limitDefault = 100;

const Limit = z
  .string()
  .regex(/^[0-9]{1,6}$/, "is not a whole number")
  .transform(Number)
  .refine((limit) => limit >= 1 && limit <= limitMost, `is not between 1 and ${limitMost}`)
  .default(limitDefault)
  .meta({ openapi: { type: "integer", minimum: 1, maximum: limitMost, default: limitDefault } });

/** Where to go on: the key of the last item already given, wrapped so that nobody builds on what is inside. */
const Cursor = z
  .string()
  .max(1_000)
  .regex(/^[A-Za-z0-9_-]+$/, "is not a cursor of this API")
  .transform((text) => Buffer.from(text, "base64url").toString("utf8"))
  .refine((key) => /^[!-~]+$/.test(key), "is not a cursor of this API")
  .optional()
  .meta({ openapi: { type: "string", maxLength: 1_000, description: "From the nextLink of the page before." } });

/** `limit` and `cursor`. */
export const pageQuery = { limit: Limit, cursor: Cursor };

const cursorText = (key: string): string => Buffer.from(key, "utf8").toString("base64url");

export const listOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({
    value: z.array(item),
    /** The address of the next page; absent on the last one. */
    nextLink: z.url().optional(),
  });

export const pageRequest = ({ limit, cursor }: { limit: number; cursor?: string | undefined }): PageRequest => ({
  limit,
  ...(cursor !== undefined && { after: cursor }),
});

/** The list as it is answered: the link leads to the host and with the filters that the caller used. */
export function asList<T, V>({ value, next }: Page<T>, url: URL, view: (item: T) => V) {
  const list: { value: V[]; nextLink?: string } = { value: value.map(view) };
  if (next === undefined) return list;
  const link = new URL(url);
  link.searchParams.set("cursor", cursorText(next));
  return { ...list, nextLink: link.href };
}

/** A page of a list that is held as a whole, in the order of its keys. */
export function pageOf<T>(items: T[], request: PageRequest, keyOf: (item: T) => string): Promise<Page<T>> {
  const { limit, after } = request;
  async function* rest() {
    for (const item of items) if (after === undefined || keyOf(item) > after) yield item;
  }
  return onePage(rest(), limit, keyOf);
}
