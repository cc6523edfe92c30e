// Search over HTTP: what the catalog knows of all messages of all mailboxes.
import { z } from "zod";
import { longestQuery } from "../search/query.js";
import { pageQuery } from "./list.js";
import { MessageAnswer } from "./messages.js";
import { route } from "./route.js";

const count = z.number().int().min(0);

export const SearchHit = MessageAnswer.extend({
  mailbox: z.string(),
  address: z.string().describe("Primary address; the id where the directory knows none any more"),
});

export const SearchedAnswer = z.strictObject({
  mailboxes: count.describe("That this page searched, to their end or as far as it came"),
  messages: count.describe("Looked at for this page"),
  complete: z.boolean().describe("This is the last page, and nothing on it was left out"),
  notSearched: z.strictObject({
    count,
    first: z
      .array(
        z.strictObject({ mailbox: z.string(), message: z.string().optional(), code: z.string(), reason: z.string() }),
      )
      .describe("What may hold what was looked for and could not be searched; the first hundred"),
  }),
});

export const SearchAnswer = z.strictObject({
  value: z.array(SearchHit).describe("Mailbox after mailbox in the order of their ids, the newest first within each"),
  searched: SearchedAnswer,
  nextLink: z.url().optional(),
});

export const searchRoutes = {
  search: route({
    method: "GET",
    path: "/search",
    tag: "messages",
    summary:
      "Search all mailboxes by what the catalog knows: from: to: subject: has:attachment attachment:name before: after: " +
      'folder: mailbox: larger:5MB smaller:, "phrases" and words over subject and addresses; - before a term excludes. ' +
      "A page takes at most about 20 seconds and may be empty: go on while there is a nextLink",
    right: "read",
    query: z.strictObject({ q: z.string().min(1).max(longestQuery), ...pageQuery }),
    answer: { status: 200, schema: SearchAnswer },
  }),
};
