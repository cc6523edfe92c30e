// The OpenAPI 3.1 document, made from the table of routes and from the very schemas that check requests.
import { z } from "zod";
import { allowed } from "../access/roles.js";
import type { DocumentAnswer } from "./about.js";
import { answers, nameOf, requests } from "./named.js";
import { titles } from "./problem.js";
import { type Answer, apiRoot, methodsOf, type Route, takesBody } from "./route.js";
import { routes } from "./routes.js";

type JsonObject = { [key: string]: unknown };
type Document = z.infer<typeof DocumentAnswer>;

/** https://spec.openapis.org/oas/v3.1.1 */
export function openApiDocument(version: string): Document {
  const paths: { [path: string]: JsonObject } = {};
  for (const [name, route] of Object.entries<Route>(routes))
    for (const method of methodsOf(route))
      paths[route.path] = { ...paths[route.path], [method.toLowerCase()]: operation(name, route, method === "HEAD") };
  return {
    openapi: "3.1.1",
    info: {
      title: "mailkeep",
      version,
      description: "Archives Microsoft 365 mailboxes into the customer's own Azure Blob Storage.",
    },
    servers: [{ url: apiRoot }],
    security: [{ entra: [] }],
    paths,
    components: {
      schemas: { ...schemasOf(requests, "input"), ...schemasOf(answers, "output") },
      securitySchemes: {
        entra: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "An access token of Microsoft Entra ID with one of the app roles that an operation names.",
        },
      },
    },
  };
}

/** HEAD answers with the headers of GET and with no body, whatever it answers. */
function operation(name: string, route: Route, isHead: boolean): JsonObject {
  const responses = { ...success(route, isHead), ...problems(route, isHead) };
  return {
    operationId: isHead ? name.replace(/^get/, "head") : name,
    tags: [route.tag],
    summary: isHead ? `The headers only: ${route.summary}` : route.summary,
    // Any one of the alternatives will do (section 4.8.30).
    security: allowed[route.right].map((role) => ({ entra: [role] })),
    parameters: parameters(route, isHead),
    ...(takesBody(route) && {
      requestBody: {
        required: !route.body.safeParse(undefined).success,
        content: { "application/json": ref(route.body) },
      },
    }),
    responses: isHead ? withoutContent(responses) : responses,
  };
}

const withoutContent = (responses: Record<string, JsonObject>): JsonObject =>
  Object.fromEntries(Object.entries(responses).map(([status, { content: _, ...told }]) => [status, told]));

function parameters({ params, query, needsIfMatch, answer }: Route, isHead: boolean): JsonObject[] {
  const inPath = Object.entries(params.shape).map(([name, schema]) => parameter("path", name, schema as z.ZodType));
  const inQuery = Object.entries(query.shape).map(([name, schema]) => parameter("query", name, schema as z.ZodType));
  const header = (name: string) => ({
    name,
    in: "header",
    required: needsIfMatch === true,
    schema: { type: "string" },
  });
  const versions = needsIfMatch === "orNone" ? ["If-Match", "If-None-Match"] : needsIfMatch ? ["If-Match"] : [];
  const parts = "bytes" in answer && answer.ranges ? ["If-None-Match", ...(isHead ? [] : ["Range", "If-Range"])] : [];
  return [...inPath, ...inQuery, ...[...versions, ...parts].map(header)];
}

function parameter(where: "path" | "query", name: string, schema: z.ZodType): JsonObject {
  const shown = (schema.meta()?.openapi as JsonObject | undefined) ?? plain(z.toJSONSchema(schema, { io: "input" }));
  return { name, in: where, required: where === "path", schema: shown };
}

function success({ answer }: Route, isHead: boolean): Record<string, JsonObject> {
  const status = String(answer.status);
  if ("bytes" in answer) return bytes(answer, isHead);
  if (!("schema" in answer)) return { [status]: { description: "Done" } };
  const headers = {
    ...(answer.etag && { ETag: header("The version, for If-Match") }),
    ...(answer.location && { Location: header("Where it can be read") }),
  };
  return { [status]: { description: "Done", headers, content: { "application/json": ref(answer.schema) } } };
}

function bytes(answer: Extract<Answer, { bytes: string }>, isHead: boolean): Record<string, JsonObject> {
  const version = { ETag: header("SHA-256 of the bytes") };
  const headers = { ...version, "Content-Disposition": header("Always an attachment") };
  const content = { [answer.bytes]: {} };
  if (!answer.ranges) return { 200: { description: "The bytes", headers, content } };
  const ranges = { ...headers, "Accept-Ranges": header("bytes") };
  const part = { ...ranges, "Content-Range": header("Which bytes, of how many") };
  return {
    200: { description: "The bytes", headers: ranges, content },
    ...(!isHead && { 206: { description: "The bytes of the range", headers: part, content } }),
    304: { description: "The bytes are those of If-None-Match", headers: version },
  };
}

const header = (description: string): JsonObject => ({ description, schema: { type: "string" } });

/** Every route may be refused these. */
const everywhere = [400, 401, 403, 500, 502, 503];

function problems(route: Route, isHead: boolean): Record<string, JsonObject> {
  const { needsIfMatch, answer } = route;
  const statuses = [
    ...everywhere,
    ...route.problems,
    ...(needsIfMatch ? [412, 428] : []),
    ...(route.method === "POST" || route.method === "PUT" ? [413, 415] : []),
    ...("bytes" in answer && answer.ranges && !isHead ? [416] : []),
  ];
  const problem = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  const unwell = "schema" in answer && answer.unwell === true;
  const entries = [...new Set(statuses)].map((status) => {
    const content =
      status === 503 && unwell && "schema" in answer ? { ...problem, "application/json": ref(answer.schema) } : problem;
    const headers = {
      ...(status === 401 && { "WWW-Authenticate": header("Bearer") }),
      ...(status === 503 && { "Retry-After": header("Seconds") }),
      ...(status === 416 && { "Content-Range": header("How many bytes there are") }),
    };
    return [String(status), { description: (titles as Record<number, string>)[status] ?? "Refused", headers, content }];
  });
  return Object.fromEntries(entries);
}

const ref = (schema: z.ZodType): JsonObject => ({ schema: { $ref: `#/components/schemas/${nameOf(schema)}` } });

/** Answers may grow new fields; only requests are closed. */
function schemasOf(named: Record<string, z.ZodType>, io: "input" | "output"): JsonObject {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io,
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => {
      if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, plain(schema)]));
}

/** Without what only a schema that stands alone needs. */
function plain(schema: object): JsonObject {
  const { $schema: _, $id: __, id: ___, ...rest } = schema as JsonObject;
  return rest;
}
