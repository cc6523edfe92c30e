// Keeps a streamed answer in step with its reader. The library writes an answer's body to its socket without waiting for it
// and without noticing that nobody listens any more (@azure/functions 4.16.5, src/http/httpProxy.ts): an export of 20 GB
// would pile up in memory behind a slow download, and would be read to its end for a caller who has hung up.
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";

/** The host forwards a request to the library's server under the id of its invocation. */
const invocationHeader = "x-ms-invocation-id";
const answers = new Map<string, ServerResponse>();

/** Begins to know the socket's side of every streamed invocation. https://nodejs.org/api/diagnostics_channel.html#http */
export function followAnswers(): void {
  subscribe("http.server.request.start", (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const invocation = request.headers[invocationHeader];
    if (typeof invocation !== "string") return;
    answers.set(invocation, response);
    response.once("close", () => answers.delete(invocation));
  });
}

/**
 * The same bytes, no faster than the invocation's caller takes them, and no more once the caller has gone. Bytes that fail
 * half way cut the connection: an answer that simply stops would keep the caller waiting for the host's timeout (four
 * minutes of silence). An invocation that is not streamed is left as it is.
 */
export async function* paced(bytes: AsyncIterable<Uint8Array>, invocation: string | undefined) {
  const answer = invocation === undefined ? undefined : answers.get(invocation);
  try {
    for await (const chunk of bytes) {
      yield chunk;
      if (answer !== undefined && !(await isListening(answer))) return;
    }
  } catch (error) {
    answer?.destroy();
    throw error;
  }
}

/** Resolves when the socket takes more: true, or false when nobody is there. */
async function isListening(answer: ServerResponse): Promise<boolean> {
  while (answer.writableNeedDrain && !answer.destroyed) await drainedOrClosed(answer);
  return !answer.destroyed;
}

async function drainedOrClosed(answer: ServerResponse): Promise<void> {
  const over = new AbortController();
  const either = ["drain", "close"].map((event) => once(answer, event, { signal: over.signal }));
  await Promise.race(either).finally(() => over.abort());
  await Promise.allSettled(either);
}
