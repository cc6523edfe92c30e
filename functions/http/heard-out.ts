// A caller is heard out before the answer goes, whatever the answer is.
import type { HttpHandler, HttpRequest } from "@azure/functions";

/**
 * A refusal needs no body. Answered in the middle of one, the caller would see a broken connection instead of the reason: what is
 * left of it is read and dropped. The host lets no more than 100 MB through.
 */
export function heardOut(handler: HttpHandler): HttpHandler {
  return async (request, context) => {
    const answer = await handler(request, context);
    // Whoever hangs up meanwhile hears no answer, and needs none.
    await readToEnd(request).catch(() => {});
    return answer;
  };
}

async function readToEnd({ body, bodyUsed }: HttpRequest): Promise<void> {
  if (body === null || bodyUsed || body.locked) return;
  for await (const _ of body);
}
