import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { bindToLoopback, namesLoopback } from "../../../lib/local/loopback.js";

describe("a server opened by the library", () => {
  it("is bound to this machine and handed over, and others afterwards are left alone", async () => {
    const { result, servers } = await bindToLoopback(async () => {
      const server = createServer();
      server.listen(() => undefined);
      await once(server, "listening");
      return server;
    });
    expect((result.address() as AddressInfo).address).toBe("127.0.0.1");
    expect(servers).toEqual([result]);
    result.close();

    const other = createServer().listen(0, "localhost");
    await once(other, "listening");
    expect(servers).toHaveLength(1);
    other.close();
  });
});

describe("a name", () => {
  it.each([
    ["127.0.0.1:7071", true],
    ["localhost", true],
    ["http://localhost:3000", true],
    ["[::1]:7071", true],
    ["localhost.example.com", false],
    ["http://127.0.0.1.example.com", false],
    ["null", false],
    ["", false],
  ])("%s is this machine: %s", (name, expected) => {
    expect(namesLoopback(name)).toBe(expected);
  });
});
