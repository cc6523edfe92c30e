// One request to a token endpoint or a vault: an answer of JSON, or an error of ours. Redirects are not followed.
import { MailkeepError } from "../../core/errors.js";
import { isUntrusted, networkCode } from "../../core/network-code.js";

export interface Ask {
  url: string;
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
  /** Who is asked, for the error: "the key vault". */
  whom: string;
  /** The reason when there is no usable answer. */
  silence: string;
  /** The reason when there is no such host, if that means something. */
  nowhere?: string;
  /** Where there is no direct way. */
  fetch?: Fetch | undefined;
}

export type Fetch = (url: string, init: RequestInit) => Promise<{ status: number; text(): Promise<string> }>;

export interface Said {
  status: number;
  json: Record<string, unknown>;
}

const timeoutMs = 15_000;
const maxBytes = 1024 * 1024;

/** @throws MailkeepError `unavailable` when there is no answer, or one of another kind than JSON, or 429 or 5xx */
export async function askJson({ url, method = "GET", headers = {}, body, ...ask }: Ask): Promise<Said> {
  const { whom, silence, nowhere = silence } = ask;
  const asked = { request: `${method} ${url.replace(/\?.*/, "")}` };
  const unanswered = (message: string, reason: string, status?: number) =>
    new MailkeepError("unavailable", message, { reason, asked, ...(status !== undefined && { status }) });
  let status: number;
  let text: string;
  try {
    const answer = await (ask.fetch ?? fetch)(url, {
      method,
      headers: { accept: "application/json", ...headers },
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
      ...(body !== undefined && { body }),
    });
    status = answer.status;
    text = (await answer.text()).slice(0, maxBytes);
  } catch (error) {
    // A proxy says itself what is wrong with the way.
    if (error instanceof Error && error.cause instanceof MailkeepError) throw error.cause;
    // The cause may quote what was sent; its code is enough.
    const code = networkCode(error) ?? (error instanceof Error ? error.name : "no answer");
    const reason = isUntrusted(code) ? "TLS_NOT_TRUSTED" : code === "ENOTFOUND" ? nowhere : silence;
    throw unanswered(`${whom} could not be reached (${code})`, reason);
  }
  if (status === 429 || status >= 500) throw unanswered(`${whom} answered ${status}`, silence, status);
  return { status, json: objectIn(text, () => unanswered(`${whom} answered ${status} without JSON`, silence, status)) };
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
