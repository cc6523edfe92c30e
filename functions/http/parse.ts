// A request becomes a checked input, or a refusal that names each field that is wrong.
import type { HttpRequest } from "@azure/functions";
import type { z } from "zod";
import { type FieldError, Refusal } from "../../lib/api/problem.js";
import type { BytesWish } from "../../lib/api/ranges.js";
import type { Input, Route } from "../../lib/api/route.js";

/** A profile that names ten thousand mailboxes has 400 KB. */
const bodyLimitBytes = 1024 * 1024;
const errorsShown = 50;
/** No schema of ours is nested deeper; what is, is refused by it. */
const deepest = 12;

/** Ids first, then the query, the version, the body: the cheap before the dear. */
export async function parse<R extends Route>(request: HttpRequest, route: R): Promise<Input<R>> {
  return {
    params: check<R["params"]>(route.params, pathParams(request, route), { code: "INVALID_ID", where: "the path" }),
    query: check<R["query"]>(route.query, queryParams(request), { code: "INVALID_INPUT", where: "the query" }),
    ifMatch: route.needsIfMatch === false ? "" : precondition(request, route.needsIfMatch === "orNone"),
    body: await body(request, route),
    wish: bytesWish(request),
    url: new URL(request.url),
  };
}

const bytesWish = ({ method, headers }: HttpRequest): BytesWish => ({
  isHead: method === "HEAD",
  ifNoneMatch: headers.get("if-none-match"),
  range: headers.get("range"),
  ifRange: headers.get("if-range"),
});

/** Only what the template names: a host may put more beside it. */
export function pathParams({ params }: HttpRequest, { path }: Route): Record<string, string | undefined> {
  const names = [...path.matchAll(/\{([A-Za-z]+)\}/g)].map(([, name = ""]) => name);
  return Object.fromEntries(names.map((name) => [name, params[name]]));
}

function queryParams({ url }: HttpRequest): Record<string, string> {
  const query = new URL(url).searchParams;
  const repeated = [...new Set(query.keys())].filter((name) => query.getAll(name).length > 1);
  if (repeated.length > 0)
    throw invalid(
      "INVALID_INPUT",
      "the query",
      repeated.map((field) => ({ field: short(field), message: "is given more than once" })),
    );
  return Object.fromEntries(query);
}

/** Empty for If-None-Match: *, where it may be said. */
function precondition(request: HttpRequest, orNone: boolean): string {
  const none = request.headers.get("if-none-match")?.trim();
  if (!none) return ifMatch(request, orNone);
  const field = "If-None-Match";
  if (!orNone || none !== "*" || request.headers.get("if-match"))
    throw new Refusal(400, "INVALID_INPUT", "If-None-Match may only be *, to create, and without If-Match", { field });
  return "";
}

/**
 * `If-Match: *` is refused: it would overwrite a version that the caller has not read, which is what versions are for.
 */
function ifMatch({ headers }: HttpRequest, orNone: boolean): string {
  const field = "If-Match";
  const etag = headers.get("if-match")?.trim();
  if (!etag)
    throw new Refusal(
      428,
      "PRECONDITION_REQUIRED",
      `send If-Match with the ETag of the version you have read${orNone ? ", or If-None-Match: * to create" : ""}`,
      { field },
    );
  if (!/^(W\/)?"[^"]{0,500}"$/.test(etag))
    throw new Refusal(
      400,
      "INVALID_INPUT",
      etag === "*"
        ? "If-Match: * would change a version you have not read; send its ETag"
        : "If-Match must be one ETag, as an answer of this API gave it",
      { field },
    );
  return etag;
}

async function body<R extends Route>(request: HttpRequest, route: R): Promise<z.output<R["body"]>> {
  const schema: R["body"] = route.body;
  const isSent = route.method !== "GET" && route.method !== "DELETE";
  const bytes = isSent ? await readBody(request) : Buffer.alloc(0);
  if (bytes.length === 0) {
    const none = schema.safeParse(undefined);
    if (none.success) return none.data;
    throw new Refusal(400, "INVALID_JSON", "send a JSON body");
  }
  const type = (request.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json")
    throw new Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "send the body as Content-Type: application/json");
  const json = parseJson(bytes);
  const unstorable = unstorableText(json);
  if (unstorable.length > 0) throw invalid("INVALID_INPUT", "the body", unstorable);
  return check(schema, json, { code: "INVALID_INPUT", where: "the body" });
}

async function readBody({ headers, body }: HttpRequest): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of body ?? []) {
    received += chunk.length;
    // A body that is too long is read to its end and dropped: answered in the middle of it, the caller would see a broken
    // connection instead of the reason. The host lets no more than 100 MB through.
    if (received > bodyLimitBytes) chunks.length = 0;
    else chunks.push(chunk);
  }
  if (received > bodyLimitBytes || Number(headers.get("content-length") ?? 0) > bodyLimitBytes) throw tooLarge();
  return Buffer.concat(chunks);
}

const tooLarge = () => new Refusal(413, "BODY_TOO_LARGE", `a body may have at most ${bodyLimitBytes} bytes`);

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal(400, "INVALID_JSON", "the body is not JSON in UTF-8");
  }
}

function check<S extends z.ZodType>(
  schema: S,
  value: unknown,
  { code, where }: { code: string; where: string },
): z.output<S> {
  const parsed = schema.safeParse(value, { error: (issue) => (isMissing(issue) ? "is required" : undefined) });
  if (parsed.success) return parsed.data;
  throw invalid(code, where, parsed.error.issues.flatMap(fieldErrors));
}

/** Half a surrogate pair or a NUL: no table would give it back as it was. Without recursion: a body may be nested deep. */
function unstorableText(json: unknown): FieldError[] {
  const found: FieldError[] = [];
  const waiting: { value: unknown; path: PropertyKey[] }[] = [{ value: json, path: [] }];
  for (let at = waiting.pop(); at !== undefined && found.length < errorsShown; at = waiting.pop()) {
    const { value, path } = at;
    if (typeof value === "string") {
      const wrong = value.includes("\0")
        ? "has a NUL character"
        : value.isWellFormed()
          ? undefined
          : "is not well-formed Unicode";
      if (wrong !== undefined) found.push({ field: pathText(path), message: wrong });
    } else if (typeof value === "object" && value !== null && path.length < deepest) {
      const entries: [PropertyKey, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
      for (const [name, one] of entries)
        waiting.push({ value: one, path: [...path, typeof name === "string" ? short(name) : name] });
    }
  }
  return found.reverse();
}

const isMissing = ({ code, input }: { code?: string | undefined; input?: unknown }) =>
  input === undefined && (code === "invalid_type" || code === "invalid_value");

function invalid(code: string, where: string, all: FieldError[]): Refusal {
  const errors = all.slice(0, errorsShown);
  const named = errors.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`)).join("; ");
  const [first] = errors;
  return new Refusal(400, code, `${where} is not acceptable: ${named}`.slice(0, 2_000), {
    errors,
    ...(first !== undefined && first.field !== "" && { field: first.field }),
  });
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const field = pathText(issue.path);
  const meant = issue.code === "invalid_union" ? closest(issue.errors) : undefined;
  // Where no shape says more than that the value as a whole is wrong, the union's own words say it for all of them.
  if (meant?.some(({ code, path }) => code === "unrecognized_keys" || path.length > 0))
    return meant.flatMap((inner) => fieldErrors({ ...inner, path: [...issue.path, ...inner.path] }));
  if (issue.code !== "unrecognized_keys") return [{ field, message: issue.message.slice(0, 500) }];
  return issue.keys.map((key) => ({ field: pathText([...issue.path, short(key)]), message: "is not a known field" }));
}

/** Of the shapes a field may have, the one whose fields the caller used; the first when there is nothing to choose by. */
function closest(shapes: z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const strange = (issues: z.core.$ZodIssue[]) =>
    issues.flatMap((issue) => (issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : [])).length;
  return shapes.reduce<z.core.$ZodIssue[] | undefined>(
    (best, shape) => (best === undefined || strange(shape) < strange(best) ? shape : best),
    undefined,
  );
}

/** `folders.include[0]`. */
function pathText(path: PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}

const short = (name: string): string => (name.length > 100 ? `${name.slice(0, 100)}…` : name);
