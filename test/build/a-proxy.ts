// A proxy as companies have them, over real HTTP: it opens tunnels (CONNECT), may want a password, and may fail in every way.
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface TestProxy extends AsyncDisposable {
  url: string;
  /** Hosts to which a tunnel was asked for, in order, with the answer. */
  asked: { host: string; status: number }[];
  /** Requests that were not tunnels: each would have shown its token. */
  shown: string[];
  /** What the tunnels carried towards the hosts, as far as it can be read. */
  carried(): string;
  /** `user:password`; undefined: everybody is let through. */
  login?: string | undefined;
  /** Answers every question for a tunnel with this status. */
  refuses?: number | undefined;
  /** Where tunnels really lead, by the host that was asked for. */
  leads: Map<string, number>;
  stop(): Promise<void>;
}

export async function aProxy(): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  const carried: Buffer[] = [];
  const server = createServer((request, response) => {
    proxy.shown.push(request.url ?? "");
    response.writeHead(501).end();
  });
  server.on("connection", (socket) => sockets.add(socket));
  server.on("connect", (request: IncomingMessage, client: Socket) => {
    const host = request.url ?? "";
    const status = statusFor(request, proxy);
    proxy.asked.push({ host, status });
    client.on("error", () => {});
    if (status !== 200) return void client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const target = connect(proxy.leads.get(host) ?? Number(host.split(":")[1]), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.on("data", (chunk) => carried.push(chunk));
      client.pipe(target).pipe(client);
    });
    sockets.add(target);
    target.on("error", () => client.destroy());
    client.on("close", () => target.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  const proxy: TestProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    shown: [],
    carried: () => Buffer.concat(carried).toString("latin1"),
    leads: new Map(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return proxy;
}

function statusFor({ headers }: IncomingMessage, { login, refuses }: TestProxy): number {
  if (refuses !== undefined) return refuses;
  if (login === undefined) return 200;
  return headers["proxy-authorization"] === `Basic ${Buffer.from(login).toString("base64")}` ? 200 : 407;
}
