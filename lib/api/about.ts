// The API about itself and its surroundings: health and document.
import { z } from "zod";
import { route } from "./route.js";

export const HealthAnswer = z.strictObject({
  status: z.enum(["ok", "unwell"]),
  version: z.string(),
  edges: z.array(
    z.strictObject({
      name: z.string(),
      ok: z.boolean(),
      ms: z.number().optional(),
      problem: z.string().optional(),
    }),
  ),
  warnings: z
    .array(z.strictObject({ code: z.string(), connection: z.string().optional(), message: z.string() }))
    .describe("What works but should not stay so; it does not make the status unwell"),
  rights: z.array(
    z.strictObject({
      connection: z.string(),
      identity: z.enum(["reader", "writer"]),
      expected: z.array(z.string()),
      held: z.array(z.string()).nullable().describe("The roles in its token; null when the token does not say"),
      missing: z.array(
        z.strictObject({
          value: z.string(),
          mayBeScoped: z.boolean().describe("Given by Exchange for chosen mailboxes it does not stand in the token"),
        }),
      ),
      extra: z.array(z.strictObject({ value: z.string(), isDangerous: z.boolean() })),
    }),
  ),
  runtime: z.strictObject({
    node: z.string(),
    interfaces: z.record(z.string(), z.string()),
    libraries: z.record(z.string(), z.string()),
  }),
});

/** An OpenAPI 3.1 document. */
export const DocumentAnswer = z.looseObject({
  openapi: z.literal("3.1.1"),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.unknown()),
});

export const aboutRoutes = {
  getHealth: route({
    method: "GET",
    path: "/health",
    tag: "about",
    summary:
      "Whether every edge answers (200, or 503 with the same body), which rights are too many or missing, versions",
    right: "see",
    answer: { status: 200, schema: HealthAnswer, unwell: true },
  }),
  getDocument: route({
    method: "GET",
    path: "/openapi.json",
    tag: "about",
    summary: "This document",
    right: "see",
    answer: { status: 200, schema: DocumentAnswer },
  }),
};
