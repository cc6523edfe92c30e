// What a route of the API is, as data: the one description that registration, checking and the OpenAPI document share.
import { z } from "zod";
import type { Right } from "../access/roles.js";
import type { BytesWish } from "./ranges.js";

/** Below the host's route prefix (host.json: `api`). */
export const apiRoot = "/api/v1";

export type Answer =
  | { status: 200 | 201 | 202; schema: z.ZodType; etag?: true; location?: true; unwell?: true }
  | { status: 204 }
  /**
   * Bytes of the archive as they are, by their media type: `application/octet-stream` when only the message knows it.
   * `ranges`: a part of them can be asked for, whether they have changed, and HEAD.
   */
  | { status: 200; bytes: string; etag?: true; ranges?: true };

export interface Route<
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodType,
  A extends Answer = Answer,
> {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: `/${string}`;
  tag: string;
  summary: string;
  right: Right;
  params: P;
  query: Q;
  body: B;
  /** The request must name in If-Match the version that it changes; `orNone`: or say If-None-Match: * to create. */
  needsIfMatch: boolean | "orNone";
  answer: A;
  /** Statuses of refusals beyond those that every route has. */
  problems: readonly number[];
}

const Nothing = z.strictObject({});
/** No body, or an empty object: a wish we do not know is refused rather than ignored. */
const NoBody = Nothing.optional();

type Plan<P, Q, B, A> = Pick<Route, "method" | "path" | "tag" | "summary" | "right"> & {
  params?: P;
  query?: Q;
  body?: B;
  needsIfMatch?: true | "orNone";
  answer: A;
  problems?: readonly number[];
};

export function route<
  const A extends Answer,
  P extends z.ZodObject = typeof Nothing,
  Q extends z.ZodObject = typeof Nothing,
  B extends z.ZodType = typeof NoBody,
>(plan: Plan<P, Q, B, A>): Route<P, Q, B, A> {
  const { params = Nothing, query = Nothing, body = NoBody, needsIfMatch = false, problems = [] } = plan;
  return {
    ...plan,
    params: params as P,
    query: query as Q,
    body: body as B,
    needsIfMatch,
    problems,
  };
}

/** Whether a request of this route carries a body that means something. */
export const takesBody = ({ body }: Route): boolean => body !== NoBody;

/** The methods that are registered: HEAD beside GET where it is answered without the bytes. */
export const methodsOf = ({ method, answer }: Route): (Route["method"] | "HEAD")[] =>
  "bytes" in answer && answer.ranges ? [method, "HEAD"] : [method];

/** What a call is given once the request has been found well-formed. */
export interface Input<R extends Route = Route> {
  params: z.output<R["params"]>;
  query: z.output<R["query"]>;
  body: z.output<R["body"]>;
  /** The value of If-Match; empty where the route does not need it, and for If-None-Match: *. */
  ifMatch: string;
  /** Which of the bytes, where the answer is bytes. */
  wish: BytesWish;
  /** As the caller asked for it: links of the answer lead to the same host. */
  url: URL;
}

export interface JsonReply<T = unknown> {
  json: T;
  status?: number;
  etag?: string;
  location?: string;
}

export interface BytesReply {
  /** Absent when none are answered: unchanged, or for HEAD. */
  bytes?: AsyncIterable<Uint8Array>;
  mediaType: string;
  /** The name under which a browser should save it; made safe before it becomes a header. */
  fileName: string;
  /** Of all of them, in bytes, when it is certain. */
  size?: number;
  etag?: string;
  /** These of them; both ends are included. */
  part?: { first: number; last: number };
  /** The caller has them. */
  unchanged?: true;
}

export type Reply<A extends Answer = Answer> = A extends { schema: infer S extends z.ZodType }
  ? JsonReply<z.output<S>>
  : A extends { bytes: string }
    ? BytesReply
    : Record<never, never>;

/** One function for each route: the compiler sees that none is missing and that each answers what the document says. */
export type Calls<T extends Record<string, Route>> = {
  [Name in keyof T]: (input: Input<T[Name]>) => Promise<Reply<T[Name]["answer"]>>;
};
