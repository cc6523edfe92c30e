import { once } from "node:events";
import { get, type IncomingMessage, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bodyLimitBytes } from "../../lib/local/http.js";
import { startToy } from "./start-toy.js";

let toy: Awaited<ReturnType<typeof startToy>>;
const at = (path: string) => `${toy.host.url}/${path}`;
beforeAll(async () => {
  toy = await startToy();
});
afterAll(() => toy.stop());

describe("a request finds its function", () => {
  it("by route, with decoded parameters, query, headers and the address that was asked", async () => {
    const answer = await fetch(at("things/12/caf%C3%A9%2Fx?a=1&b=%26"), { headers: { "x-sent": "yes" } });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-seen")).toBe("yes");
    expect(answer.headers.get("x-ms-invocation-id")).toBeNull();
    expect(await answer.json()).toEqual({
      params: { id: "12", name: "café%2Fx" },
      query: { a: "1", b: "&" },
      url: at("things/12/caf%C3%A9%2Fx?a=1&b=%26"),
      body: null,
    });
  });

  it("with an optional parameter left out, whatever the case of the letters", async () => {
    const answer = await fetch(at("Things/12"));
    expect(((await answer.json()) as { params: unknown }).params).toEqual({ id: "12" });
  });

  it("and a literal route before one with a parameter", async () => {
    expect(await (await fetch(at("things/7/special"))).text()).toBe("the literal one");
  });

  it("and a catch-all takes the rest of the path", async () => {
    expect(await (await fetch(at("files/a/b%20c"))).json()).toEqual({ path: "a/b c" });
  });

  it.each([
    ["things/twelve", 404],
    ["nowhere", 404],
    ["things/%zz", 400],
    ["fails", 500],
  ])("and %s is answered with %i", async (path, status) => {
    expect((await fetch(at(path))).status).toBe(status);
  });

  it("and a wrong method is refused with the right ones named", async () => {
    const answer = await fetch(at("things/12"), { method: "DELETE" });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, PUT"]);
  });

  it("and a function that returns nothing answers 204", async () => {
    expect((await fetch(at("nothing"), { method: "POST" })).status).toBe(204);
  });
});

describe("only this machine is answered", () => {
  it.each([
    ["another host name", { host: "mail.example.com" }],
    ["a page of another site", { origin: "https://example.com" }],
  ])("%s is refused", async (_, headers) => {
    const [answer] = (await once(get(at("things/12"), { headers }), "response")) as [IncomingMessage];
    expect(answer.resume().statusCode).toBe(403);
  });
});

describe("bodies", () => {
  it("arrive byte for byte", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const answer = await fetch(at("things/1"), { method: "PUT", body: bytes });
    expect(((await answer.json()) as { body: string }).body).toBe(Buffer.from(bytes).toString("hex"));
  });

  it("of 50 MB stream in and are counted", async () => {
    const body = new Uint8Array(50 * 1024 * 1024);
    expect(await (await fetch(at("count"), { method: "POST", body })).text()).toBe(String(body.length));
  });

  it("over Azure's limit are refused, announced or not", async () => {
    const announced = request(at("count"), { method: "POST", headers: { "content-length": bodyLimitBytes + 1 } });
    announced.flushHeaders();
    const [early] = (await once(announced, "response")) as [IncomingMessage];
    announced.destroy();
    expect(early.statusCode).toBe(413);

    const sent = request(at("count"), { method: "POST", headers: { "transfer-encoding": "chunked" } });
    const answered = once(sent, "response") as Promise<[IncomingMessage]>;
    sent.on("error", () => undefined); // the host stops reading
    const piece = Buffer.alloc(8 * 1024 * 1024);
    for (let length = 0; length <= bodyLimitBytes && !sent.destroyed; length += piece.length)
      if (!sent.write(piece)) await Promise.race([once(sent, "drain"), answered]);
    expect((await answered)[0].resume().statusCode).toBe(413);
    sent.destroy();
  });

  it("of 50 MB stream out whole", async () => {
    const answer = await fetch(at("stream?chunks=800"));
    let length = 0;
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) length += chunk.length;
    expect(length).toBe(800 * toy.chunkBytes);
  });

  it("wait for a reader that does not read", async () => {
    toy.seen.producedBytes = 0;
    const [answer] = (await once(get(at("stream?chunks=1600")), "response")) as [IncomingMessage];
    // The function has stalled when a whole other exchange went by without it producing anything.
    for (let before = -1; before !== toy.seen.producedBytes; ) {
      before = toy.seen.producedBytes;
      await fetch(at("stream?chunks=0"));
      await fetch(at("things/1"));
    }
    const stalledAt = toy.seen.producedBytes;
    let length = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) length += chunk.length;
    expect(length).toBe(1600 * toy.chunkBytes);
    // What the sockets on the way hold.
    expect(stalledAt).toBeLessThan(24 * 1024 * 1024);
  });

  it("are made no further for a caller who has hung up", async () => {
    toy.seen.producedBytes = 0;
    const ended = once(toy.streams, "ended");
    const sent = get(at("stream?chunks=16000"));
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    answer.on("error", () => undefined); // the connection this test closes
    await once(answer, "data");
    answer.pause();
    sent.destroy();
    await ended;
    expect(toy.seen.producedBytes).toBeLessThan(24 * 1024 * 1024);
  });

  it("that break half way break the connection instead of looking complete", async () => {
    const answer = await fetch(at("stream?chunks=1600&breakAt=800"));
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });
});
