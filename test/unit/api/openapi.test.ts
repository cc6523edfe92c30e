// Routes and document are one: what is registered is documented, and what is documented is whole.
import { expect, it } from "vitest";
import { httpFunctions } from "../../../functions/http/register.js";
import { openApiDocument } from "../../../lib/api/openapi.js";
import type { App } from "../../../lib/app.js";
import { silentLog } from "../../../lib/ports/log.js";
import { repeatableRandom } from "../../build/repeatable-random.js";

// biome-ignore lint/suspicious/noExplicitAny: a test looks into any part of the document
const document = openApiDocument("1.2.3") as any;
// biome-ignore lint/suspicious/noExplicitAny: as above
const operations: { path: string; method: string; told: any }[] = Object.entries<object>(document.paths).flatMap(
  ([path, methods]) => Object.entries(methods).map(([method, told]) => ({ path, method: method.toUpperCase(), told })),
);

it("names exactly what is registered", () => {
  const signIn = async () => ({ subject: "x", roles: [] });
  const deps = { signIn, log: silentLog, random: repeatableRandom("x") };
  const registered = httpFunctions({} as App, deps)
    .filter(({ name }) => name !== "unknown")
    .flatMap(({ name, methods, route }) => (methods ?? []).map((method) => `${name} ${method} ${route}`));
  const named = ({ method, told }: (typeof operations)[number]) =>
    method === "HEAD" ? told.operationId.replace(/^head/, "get") : told.operationId;
  expect(operations.map((one) => `${named(one)} ${one.method} v1${one.path}`).sort()).toEqual(registered.sort());
  expect(new Set(operations.map(({ told }) => told.operationId)).size).toBe(operations.length);
});

it("says of bytes which part can be asked for, and of HEAD that it has no body", () => {
  const heads = operations.filter(({ method }) => method === "HEAD");
  expect(heads.map(({ told }) => told.operationId)).toEqual(["headEml", "headAttachment"]);
  for (const { path, told } of heads) {
    const { get } = document.paths[path];
    const headers = ({ parameters }: { parameters: { in: string; name: string }[] }) =>
      parameters.filter((parameter) => parameter.in === "header").map(({ name }) => name);
    expect(headers(get)).toEqual(["If-None-Match", "Range", "If-Range"]);
    expect(headers(told)).toEqual(["If-None-Match"]);
    expect(get.responses["200"].headers).toMatchObject({ ETag: {}, "Accept-Ranges": {} });
    expect(get.responses["206"]).toMatchObject({ headers: { "Content-Range": {} }, content: {} });
    expect(get.responses["416"].headers).toHaveProperty("Content-Range");
    expect(get.responses["304"]).not.toHaveProperty("content");
    expect(JSON.stringify(told.responses)).not.toContain('"content"');
    expect(Object.keys(told.responses)).not.toContain("206");
  }
});

it("has names that a host accepts", () => {
  for (const { told, path } of operations) {
    expect(told.operationId).toMatch(/^[a-z][A-Za-z0-9_-]{0,127}$/);
    expect(path).toMatch(/^\/[a-z]/);
  }
});

it("explains every parameter of every path, each once", () => {
  for (const { path, told } of operations) {
    const inPath = told.parameters.filter(({ in: where }: { in: string }) => where === "path");
    const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(inPath.map(({ name }: { name: string }) => name).sort()).toEqual(wanted.sort());
    for (const parameter of told.parameters)
      expect(Object.keys(parameter.schema), `${path} ${parameter.name}`).toContain("type");
  }
});

it("points nowhere where nothing is", () => {
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = ""]) => ref);
  expect(refs.length).toBeGreaterThan(30);
  for (const ref of new Set(refs)) {
    expect(ref).toMatch(/^#\/components\/schemas\/[A-Za-z]+$/);
    expect(document.components.schemas).toHaveProperty(ref.split("/").at(-1) ?? "");
  }
});

it("says of every operation who may, and how it refuses", () => {
  for (const { told } of operations.filter(({ method }) => method !== "HEAD")) {
    expect(told.security.length).toBeGreaterThan(0);
    for (const [, roles] of told.security.flatMap(Object.entries)) expect(roles).toHaveLength(1);
    for (const status of ["400", "401", "403", "500", "503"])
      expect(told.responses[status].content["application/problem+json"].schema.$ref).toBe(
        "#/components/schemas/Problem",
      );
    expect(Object.keys(told.responses).some((status) => status.startsWith("2"))).toBe(true);
  }
});

it("says that requests are closed and answers may grow", () => {
  expect(document.components.schemas.ProfileInput.additionalProperties).toBe(false);
  expect(document.components.schemas.ProfileInput.required).toEqual(["name", "mailboxes"]);
  expect(document.components.schemas.Profile).not.toHaveProperty("additionalProperties");
  expect(document.components.schemas.Profile.required).toContain("schedule");
});

it("names the version a change needs and the place of what was made", () => {
  const { put, delete: remove, get } = document.paths["/profiles/{id}"];
  for (const told of [put, remove]) {
    expect(told.parameters).toContainEqual({
      name: "If-Match",
      in: "header",
      required: true,
      schema: { type: "string" },
    });
    expect(told.responses).toMatchObject({ "412": {}, "428": {} });
  }
  expect(get.responses["200"].headers).toHaveProperty("ETag");
  expect(document.paths["/profiles/{id}/run"].post.responses["202"].headers).toHaveProperty("Location");
});

it("is plain JSON", () => {
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  expect(document).toMatchObject({ openapi: "3.1.1", info: { version: "1.2.3" }, servers: [{ url: "/api/v1" }] });
  expect(document.paths["/runs"].get.parameters).toContainEqual({
    name: "limit",
    in: "query",
    required: false,
    schema: { type: "integer", minimum: 1, maximum: 1000, default: 100 },
  });
});
