// The product's HTTP API as `npm start` uses it: like any other client, through the front door.

export interface TallyView {
  seen: number;
  stored: number;
  known: number;
  gone: number;
  skipped: number;
  quarantined: number;
}

export interface RunView {
  id: string;
  profile: string;
  status: string;
  startedAt?: string | null;
  endedAt?: string | null;
  tally?: TallyView;
  /** Bytes stored, as Graph sent them. */
  bytes?: number;
  mailboxes?: { total: number; done: number };
  problems?: { code: string; message: string }[];
  /** A run that could not begin is tried again then. */
  resumeAt?: string | null;
}

export interface MailboxView {
  mailbox: string;
  address: string;
  displayName: string;
  status: string;
  done: number;
  total: number;
  messages?: number;
  bytes: number;
  ratePerSecond?: number | null;
  secondsLeft?: number | null;
  coverage?: { quarantined: number };
  problems: unknown[];
}

export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Api {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  /** All items of a list, page after page, but no more than `most`. */
  list<T>(path: string, most?: number): Promise<T[]>;
}

/** @param base the address of `/v1`. Rejects with an ApiError that carries the API's own words. */
export function openApi(base: string): Api {
  const ask = async <T>(url: string, init?: RequestInit): Promise<T> => {
    const answer = await fetch(url, init);
    const text = await answer.text();
    if (!answer.ok)
      throw new ApiError(answer.status, `${init?.method ?? "GET"} ${url}: ${problemIn(text, answer.status)}`);
    return JSON.parse(text) as T;
  };
  const get = <T>(path: string) => ask<T>(path.startsWith("http") ? path : `${base}${path}`);
  return {
    get,
    post: (path, body) =>
      ask(`${base}${path}`, {
        method: "POST",
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      }),
    async list<T>(path: string, most = 10_000) {
      const all: T[] = [];
      for (let next: string | undefined = path; next !== undefined && all.length < most; ) {
        const page: { value: T[]; nextLink?: string } = await get(next);
        all.push(...page.value);
        next = page.nextLink;
      }
      return all.slice(0, most);
    },
  };
}

/** The detail of a problem document (RFC 9457), or the status when the answer is none. */
function problemIn(text: string, status: number): string {
  try {
    const { code, title, detail } = JSON.parse(text) as { code?: string; title?: string; detail?: string };
    return [code ?? title, detail].filter(Boolean).join(": ") || `status ${status}`;
  } catch {
    return `status ${status}`;
  }
}
