// Reads Graph's JSON. What does not parse, or lacks what Graph promises, is a failed try, never an empty answer.
import { z } from "zod";
import { MailkeepError } from "../../core/errors.js";
import type { Answer } from "./answer.js";
import { Fault } from "./fault.js";
import { pathOfLink } from "./link.js";

/** A link that is null is none; one of another kind, or an empty one, spoils the page. */
const Link = z.string().min(1).nullish();

const PageJson = z.object({
  value: z.array(z.unknown()),
  "@odata.nextLink": Link,
  "@odata.deltaLink": Link,
});

export interface Page<T> {
  items: T[];
  nextLink: string | undefined;
  deltaLink: string | undefined;
}

/** @throws Fault `malformed` */
export function readJson<S extends z.ZodType>(answer: Answer, schema: S): z.infer<S> {
  let json: unknown;
  try {
    json = JSON.parse(answer.text().replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Fault("malformed", "the JSON is cut or garbled", error);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new Fault("malformed", "the JSON lacks what Graph promises", parsed.error);
  return parsed.data;
}

export interface PageReading<T> {
  item(raw: unknown): T;
  /** The only origin its links may lead to. */
  origin: string;
  /** The link the page was asked for with, if any. */
  asked: string | undefined;
}

/**
 * One page. A page that leads to itself would never end; one that leads to another host is refused before its link can
 * be kept anywhere.
 * @throws Fault `malformed`, MailkeepError `invalid`
 */
export function readPage<T>(answer: Answer, { item, origin, asked }: PageReading<T>): Page<T> {
  const page = readJson(answer, PageJson);
  const nextLink = page["@odata.nextLink"] ?? undefined;
  const deltaLink = page["@odata.deltaLink"] ?? undefined;
  if (nextLink !== undefined && nextLink === asked) throw new Fault("malformed", "a page leads to itself");
  for (const link of [nextLink, deltaLink]) if (link !== undefined) pathOfLink(origin, link);
  return { items: page.value.map(item), nextLink, deltaLink };
}

/** Page after page. @throws MailkeepError `unavailable` when the pages go in a circle */
export async function* follow<T>(first: Page<T>, next: (link: string) => Promise<Page<T>>): AsyncGenerator<T[]> {
  const seen = new Set<string>();
  for (let page = first; ; ) {
    yield page.items;
    if (page.nextLink === undefined) return;
    if (seen.has(page.nextLink)) throw new MailkeepError("unavailable", "the pages of a list go in a circle");
    seen.add(page.nextLink);
    page = await next(page.nextLink);
  }
}

/** A property that may be missing, null or of the wrong kind: all three mean "not said". */
export const maybe = <S extends z.ZodType>(schema: S) => schema.nullish().catch(undefined);

/** @throws Fault `malformed`: an item without its id makes the page worthless, since nothing could be counted by it */
export function readItem<S extends z.ZodType>(raw: unknown, schema: S): z.infer<S> {
  const parsed = schema.safeParse(raw);
  if (!parsed.success) throw new Fault("malformed", "an item has no usable id", parsed.error);
  return parsed.data;
}
