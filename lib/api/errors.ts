// The catalogue of errors over HTTP: every code that an answer, a run or a log may carry.
import { z } from "zod";
import { listOf, pageQuery } from "./list.js";
import { route } from "./route.js";

/** What stands beside a code wherever one is shown. */
export const help = {
  cause: z.string().optional().describe("What the code means"),
  fix: z.string().optional().describe("What mends it"),
  link: z.url().optional().describe("Where Microsoft explains it"),
};

export const ErrorAnswer = z.strictObject({
  code: z.string(),
  kind: z
    .enum(["permission", "configuration", "passing", "data", "request", "archive"])
    .describe("permission: a right is missing; passing: goes away by itself; data: one message or mailbox is as it is"),
  who: z.string().describe("Who can mend it"),
  cause: z.string(),
  fix: z.string(),
  command: z.string().optional().describe("For a shell; what stands in angle brackets is to be filled in"),
  link: z.url().optional(),
});
export const ErrorList = listOf(ErrorAnswer);

const tag = "errors";
const Code = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,99}$/, "is not a code");

export const errorRoutes = {
  listErrors: route({
    method: "GET",
    path: "/errors",
    tag,
    summary: "Every code that mailkeep can meet or give: what it means, what mends it, who must act",
    right: "see",
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: ErrorList },
  }),
  getError: route({
    method: "GET",
    path: "/errors/{code}",
    tag,
    summary: "One code, in any spelling of its case",
    right: "see",
    params: z.strictObject({ code: Code }),
    answer: { status: 200, schema: ErrorAnswer },
    problems: [404],
  }),
};
