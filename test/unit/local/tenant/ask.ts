// Asks a sample tenant as a Graph client would, over HTTP.
import { request } from "undici";
import type { Tenant } from "../../../../lib/local/tenant/server.js";

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
  /** The body as JSON; undefined when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely.
  json: any;
  code: string | undefined;
}

export interface AskOptions {
  method?: "GET" | "POST" | "DELETE";
  prefer?: string | null;
  headers?: Record<string, string>;
  body?: unknown;
}

export type Ask = (path: string, options?: AskOptions) => Promise<Reply>;

/** Paths begin after `/v1.0`; absolute links are followed as they are. Immutable ids unless `prefer` says otherwise. */
export function asking(tenant: Pick<Tenant, "baseUrl" | "token">): Ask {
  return async (path, { method = "GET", prefer = 'IdType="ImmutableId"', headers = {}, body } = {}) => {
    const url = path.startsWith("http")
      ? path
      : `${tenant.baseUrl}${path.startsWith("/_tenant") ? "" : "/v1.0"}${path}`;
    const answer = await request(url, {
      method,
      headers: {
        authorization: `Bearer ${tenant.token}`,
        ...(prefer === null ? {} : { prefer }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const json = parsed(bytes);
    return { status: answer.statusCode, headers: answer.headers, bytes, json, code: json?.error?.code };
  };
}

function parsed(bytes: Buffer) {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** Everything a list holds, page after page. */
export async function everything(ask: Ask, path: string, options?: AskOptions) {
  const values: Record<string, unknown>[] = [];
  let pages = 0;
  for (let link: string | undefined = path; link !== undefined; pages++) {
    const { json, status }: Reply = await ask(link, options);
    if (status !== 200) throw new Error(`${link} answered ${status}`);
    values.push(...json.value);
    link = json["@odata.nextLink"];
  }
  return { values, pages };
}

export interface Round {
  present: Record<string, unknown>[];
  removed: string[];
  deltaLink: string;
  pages: number;
}

/** One whole delta round from a path or a link. */
export async function round(
  ask: Ask,
  from: string,
  prefer = 'IdType="ImmutableId", odata.maxpagesize=5',
): Promise<Round> {
  const out: Round = { present: [], removed: [], deltaLink: "", pages: 0 };
  for (let link = from; link !== ""; ) {
    const { json, status }: Reply = await ask(link, { prefer });
    if (status !== 200) throw new Error(`${link} answered ${status}`);
    out.pages++;
    for (const item of json.value) {
      if (item["@removed"]) out.removed.push(item.id);
      else out.present.push(item);
    }
    out.deltaLink = json["@odata.deltaLink"] ?? "";
    link = json["@odata.nextLink"] ?? "";
  }
  return out;
}

/** A small message with this subject. */
export function eml(subject: string, extra = ""): string {
  return `From: "Ann, Example" <ann@fabrikam.example>\r\nTo: ben@contoso.example, Carl <carl@contoso.example>\r\nSubject: ${subject}\r\nDate: Fri, 06 Mar 2026 10:00:00 +0100\r\nMessage-ID: <${subject.replace(/\W/g, "")}@fabrikam.example>\r\n${extra}\r\nHello ${subject}\r\n`;
}
