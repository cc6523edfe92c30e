// The way out through a proxy: a tunnel (HTTP CONNECT, RFC 9110 section 9.3.6) to each host, also where that host speaks plain
// http. The proxy sees the name of the host and encrypted bytes; a request, and with it a token, is never shown to it.
import type { Socket } from "node:net";
import { Agent, buildConnector, fetch, Pool } from "undici";
import { MailkeepError } from "../../core/errors.js";
import { second } from "../../core/time.js";
import type { EgressProxy } from "../../ports/tenants.js";

/** A proxy that accepts a connection and then says nothing must not hold a request for long. */
const patienceMs = 10 * second;

export interface ProxyOptions extends EgressOptions {
  proxy: Pick<EgressProxy, "url">;
}

interface EgressOptions {
  /** `user:password`, where the proxy wants it; `fresh`: read anew, after the proxy refused the last. */
  credentials?: ((options: { fresh: boolean }) => Promise<string>) | undefined;
}

export interface Egress {
  /** An agent whose connections all go through the proxy. Close it when it is of no more use. */
  agent(options: Agent.Options): Agent;
  /** `fetch` through the proxy. */
  fetch(url: string, init: RequestInit): Promise<{ status: number; text(): Promise<string> }>;
  /** Opens one tunnel to a host and closes it. @throws MailkeepError `unavailable` with a reason PROXY_… */
  probe(url: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Nothing is asked of the proxy before the first request. Whatever goes wrong on the way to the host is a MailkeepError
 * `unavailable`: PROXY_UNREACHABLE, PROXY_AUTHENTICATION_REQUIRED, PROXY_REFUSED, PROXY_TARGET_UNREACHABLE.
 */
export function openEgress({ proxy, credentials }: ProxyOptions): Egress {
  const tunnels = new Tunnels(proxy.url, credentials);
  const agent = (options: Agent.Options) => new Agent({ ...options, connect: throughTunnel(tunnels) });
  const own = agent({ connections: 8, allowH2: false });
  return {
    agent,
    fetch: (url, init) => fetch(url, { ...(init as object), dispatcher: own }),
    async probe(url) {
      const { hostname, port, protocol } = new URL(url);
      (await tunnels.to(`${hostname}:${port || (protocol === "https:" ? 443 : 80)}`)).destroy();
    },
    async close() {
      await Promise.all([own.destroy(), tunnels.close()]);
    },
  };
}

function throughTunnel(tunnels: Tunnels): buildConnector.connector {
  const secure = buildConnector({ timeout: patienceMs, allowH2: false });
  return (target, callback) => {
    const { host, port, protocol } = target;
    const named = port ? host : `${host}:${protocol === "https:" ? 443 : 80}`;
    tunnels.to(named ?? "").then(
      (socket) => {
        if (protocol !== "https:") return callback(null, socket);
        // The certificate is checked against the host beyond the proxy.
        secure({ ...target, httpSocket: socket }, callback);
      },
      (error: Error) => callback(error, null),
    );
  };
}

class Tunnels {
  readonly #proxy: Pool;

  constructor(
    private readonly url: string,
    private readonly credentials: EgressOptions["credentials"],
  ) {
    const timeouts = { headersTimeout: patienceMs, bodyTimeout: patienceMs };
    this.#proxy = new Pool(url, { ...timeouts, connect: { timeout: patienceMs }, allowH2: false });
  }

  /** `host` is a name and a port. @throws MailkeepError */
  async to(host: string): Promise<Socket> {
    const first = await this.#ask(host, { fresh: false });
    // A password that was changed in the vault: read once more, and only once, for wrong ones may lock the account.
    const again = first.status === 407 && this.credentials !== undefined;
    const { status, socket } = again ? await this.#ask(host, { fresh: true }) : first;
    if (status >= 200 && status < 300) return socket;
    throw this.#refusal(status, host);
  }

  close(): Promise<void> {
    return this.#proxy.destroy();
  }

  async #ask(host: string, options: { fresh: boolean }): Promise<{ status: number; socket: Socket }> {
    const login = await this.credentials?.(options);
    const authorization = login && { "proxy-authorization": `Basic ${Buffer.from(login).toString("base64")}` };
    try {
      const { statusCode: status, socket } = await this.#proxy.connect({
        path: host,
        headers: { host, ...authorization },
      });
      if (status < 200 || status >= 300) socket.on("error", () => {}).destroy();
      return { status, socket: socket as Socket };
    } catch (error) {
      const said = error instanceof Error && "code" in error ? String(error.code) : "no answer";
      throw this.#fault("PROXY_UNREACHABLE", `the proxy ${this.url} could not be reached (${said})`, {
        host,
        cause: error,
      });
    }
  }

  #refusal(status: number, host: string): MailkeepError {
    const answered = `the proxy ${this.url} answered ${status} when asked for a tunnel to ${host}`;
    if (status === 407) return this.#fault("PROXY_AUTHENTICATION_REQUIRED", answered, { host, status });
    return this.#fault(status >= 500 ? "PROXY_TARGET_UNREACHABLE" : "PROXY_REFUSED", answered, { host, status });
  }

  #fault(reason: string, message: string, { host, ...detail }: { host: string; status?: number; cause?: unknown }) {
    const asked = { request: `CONNECT ${host} by ${this.url}` };
    return new MailkeepError("unavailable", message, { reason, asked, places: { proxy: this.url }, ...detail });
  }
}
