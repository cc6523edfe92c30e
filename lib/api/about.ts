// The API about itself and its surroundings: health, document, connections.
import { z } from "zod";
import { listOf } from "./list.js";
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
});

export const ConnectionAnswer = z.strictObject({
  id: z.string(),
  tenantId: z.string().nullable(),
  graphBaseUrl: z.string(),
  exchangeBaseUrl: z.string(),
  identity: z.strictObject({
    kind: z.enum(["staticToken", "managedIdentity", "defaultCredential"]),
    clientId: z.string().nullable(),
  }),
});
export const ConnectionList = listOf(ConnectionAnswer);

/** An OpenAPI 3.1 document. */
export const DocumentAnswer = z.looseObject({
  openapi: z.literal("3.1.1"),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.unknown()),
});

const connection = z.strictObject({ id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, "is not a connection id") });

export const aboutRoutes = {
  getHealth: route({
    method: "GET",
    path: "/health",
    tag: "about",
    summary: "Whether every edge answers: 200 when all do, 503 with the same body when one is unwell",
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
  listConnections: route({
    method: "GET",
    path: "/connections",
    tag: "connections",
    summary: "Tenants and the identities used to reach them",
    right: "see",
    answer: { status: 200, schema: ConnectionList },
  }),
  getConnection: route({
    method: "GET",
    path: "/connections/{id}",
    tag: "connections",
    summary: "One connection; never a secret",
    right: "see",
    params: connection,
    answer: { status: 200, schema: ConnectionAnswer },
    problems: [404],
  }),
};
