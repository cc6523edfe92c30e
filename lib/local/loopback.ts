// Nothing started by `npm start` may be reachable from another machine.
import { Server } from "node:net";

/**
 * Runs `work` while every server that is opened without naming an interface is bound to 127.0.0.1, and hands these servers
 * over. The `@azure/functions` library opens its streaming server with a bare `listen()`, which means all interfaces, and
 * keeps it to itself (http/httpProxy.ts, 4.16.5).
 */
export async function bindToLoopback<T>(work: () => Promise<T>): Promise<{ result: T; servers: Server[] }> {
  const servers: Server[] = [];
  const listen = Server.prototype.listen;
  Server.prototype.listen = function (this: Server, ...args: unknown[]) {
    const [first] = args;
    const callback = args.find((arg) => typeof arg === "function") as (() => void) | undefined;
    const port = typeof first === "number" ? first : 0;
    if (typeof first === "object" || typeof args[1] === "string") return Reflect.apply(listen, this, args);
    servers.push(this);
    return listen.call(this, { port, host: "127.0.0.1" }, callback);
  } as typeof listen;
  try {
    return { result: await work(), servers };
  } finally {
    Server.prototype.listen = listen;
  }
}

const loopbackNames = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Whether a Host header or an Origin names this machine: anything else is another site using the person's browser. */
export function namesLoopback(hostOrOrigin: string): boolean {
  const url = hostOrOrigin.includes("://") ? hostOrOrigin : `http://${hostOrOrigin}`;
  return URL.canParse(url) && loopbackNames.has(new URL(url).hostname);
}
