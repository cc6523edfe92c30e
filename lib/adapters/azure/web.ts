// One request to a token endpoint or a vault: an answer of JSON, or an error of ours. Redirects are not followed.
import { type ErrorCode, MailkeepError } from "../../core/errors.js";

export interface Ask {
  url: string;
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
  /** Who is asked, for the error: "the key vault". */
  whom: string;
  /** The reason when there is no usable answer. */
  silence: string;
}

export interface Said {
  status: number;
  json: Record<string, unknown>;
}

const timeoutMs = 15_000;
const maxBytes = 1024 * 1024;

/** @throws MailkeepError `unavailable` when there is no answer, or one of another kind than JSON, or 429 or 5xx */
export async function askJson({ url, method = "GET", headers = {}, body, whom, silence }: Ask): Promise<Said> {
  let status: number;
  let text: string;
  try {
    const answer = await fetch(url, {
      method,
      headers: { accept: "application/json", ...headers },
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
      ...(body !== undefined && { body }),
    });
    status = answer.status;
    text = (await answer.text()).slice(0, maxBytes);
  } catch (error) {
    // The cause may quote what was sent; its name is enough.
    const name = error instanceof Error ? error.name : "no answer";
    throw unanswered(`${whom} could not be reached (${name})`, silence);
  }
  if (status === 429 || status >= 500) throw unanswered(`${whom} answered ${status}`, silence);
  return { status, json: objectIn(text, () => unanswered(`${whom} answered ${status} without JSON`, silence)) };
}

function objectIn(text: string, fault: () => MailkeepError): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text === "" ? "{}" : text);
    if (json !== null && typeof json === "object" && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch {
    // Not JSON: said below.
  }
  throw fault();
}

const unanswered = (message: string, reason: string): MailkeepError =>
  new MailkeepError("unavailable" satisfies ErrorCode, message, { reason });
