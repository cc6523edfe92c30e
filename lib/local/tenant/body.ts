// Reads request bodies, bounded as Graph bounds them.
import type { IncomingMessage } from "node:http";
import { refuse } from "./answer.js";

/** Graph refuses larger requests with 413 (facts/graph.md D.8). */
const graphBodyLimit = 4 * 1024 * 1024;

export async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > limit) refuse(413, "RequestEntityTooLarge", "The request is too large.");
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** undefined for an empty body. */
export async function readJson(request: IncomingMessage, limit = graphBodyLimit): Promise<unknown> {
  const bytes = await readBytes(request, limit);
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return refuse(400, "UnableToDeserializePostBody", "were unable to deserialize ");
  }
}
