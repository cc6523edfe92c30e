// `POST /$batch`: up to twenty requests in one, each with a status of its own (facts/graph.md D.7).
import { type Answer, json, refuse } from "./answer.js";
import type { Visit } from "./visit.js";

interface InnerRequest {
  id: string;
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: unknown;
  dependsOn?: string[];
}

const largestBatch = 20;

export interface BatchPath {
  /** `/v1.0`, which inner urls leave out. */
  version: string;
  ask: (inner: Pick<Visit, "method" | "url" | "header" | "body">) => Promise<Answer>;
}

/** Answers in reverse order: a client that trusts the order of the answers is mistaken. */
export async function batchAnswer(body: unknown, { version, ask }: BatchPath): Promise<Answer> {
  const requests = innerRequests(body);
  const statuses = new Map<string, number>();
  const responses: unknown[] = [];
  for (const { id, method, url, headers = {}, body: content, dependsOn = [] } of requests) {
    const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const failed = dependsOn.some((before) => (statuses.get(before) ?? 400) >= 400);
    const answer = failed
      ? { status: 424, headers: {}, body: { kind: "empty" as const }, error: { code: "FailedDependency", message: "" } }
      : await ask({ method, url: version + url, header: (name) => lower.get(name), body: async () => content });
    statuses.set(id, answer.status);
    responses.unshift({ id, status: answer.status, headers: answer.headers, body: innerBody(answer) });
  }
  return json({ responses });
}

function innerRequests(body: unknown): InnerRequest[] {
  const requests = typeof body === "object" && body !== null && "requests" in body ? body.requests : undefined;
  if (!Array.isArray(requests) || requests.length === 0) return refuse(400, "BadRequest", "The batch has no requests.");
  if (requests.length > largestBatch) {
    return refuse(400, "BadRequest", `Number of batch request steps exceeds the maximum of ${largestBatch}.`);
  }
  return requests as InnerRequest[];
}

/** What is not JSON comes as base64. */
function innerBody({ body, error }: Answer): unknown {
  if (error) return { error };
  if (body.kind === "json") return body.json;
  return body.kind === "parts" ? Buffer.concat(body.parts).toString("base64") : undefined;
}
