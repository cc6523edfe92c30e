// What may be asked of the archive, checked before anything is read.
import { z } from "zod";
import { MailkeepError } from "../core/errors.js";

/** The row key of a list row; see catalog/rows.ts. */
const listRowKey = /^t_[0-9]{13}_[0-9a-f]{32}(?:-[1-9][0-9]{0,4})?$/;

const Time = z.union([z.iso.datetime({ offset: true }), z.iso.date()], "is not an ISO 8601 date or time");

const Cursor = z
  .string()
  .max(200)
  .transform((cursor) => Buffer.from(cursor, "base64url").toString("latin1"))
  .refine((row) => listRowKey.test(row), "is not a cursor of this list");

/**
 * The archive knows folders by the ids and names they have in the mailbox, in its language; what Graph calls `inbox` it
 * does not know, and an empty list would be a lie.
 */
export const byIdOrPath = {
  check: (folder: string): boolean => !/^wellknown:/i.test(folder),
  message: "is a well-known name; name the folder by its id or path, as GET /mailboxes/{id}/folders gives them",
};

/** The query of a list of messages, as it stands in a URL. */
export const ListQuery = z.strictObject({
  /** A folder id, or a path like /Inbox/Projects, matched with everything below it and without regard to case. */
  folder: z.string().min(1).max(10_000).refine(byIdOrPath.check, byIdOrPath.message).optional(),
  /** Received from (inclusive) and to (exclusive). */
  from: Time.optional(),
  to: Time.optional(),
  /** Words that must all occur in subject, sender or recipients, without regard to case. */
  q: z.string().max(500).optional(),
  limit: z.coerce.number<number | string | undefined>().int().min(1).max(1000).default(100),
  /** `next` of the page before. */
  cursor: Cursor.optional(),
});
export type ListQuery = z.input<typeof ListQuery>;

/** @throws MailkeepError `invalid` with the field that is wrong */
export function parseListQuery(query: ListQuery): z.output<typeof ListQuery> {
  const parsed = ListQuery.safeParse(query);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join(".") || "query";
  throw new MailkeepError("invalid", `${field}: ${issue?.message ?? "is wrong"}`, { field });
}

export const cursorOf = (row: string): string => Buffer.from(row, "latin1").toString("base64url");
