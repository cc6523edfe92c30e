import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import type { ImmutableId } from "../../../../lib/core/ids.js";
import { minute, second } from "../../../../lib/core/time.js";
import { aTenant, inTurn, json, mail, opened, refuse } from "./a-tenant.js";

const id = "m1" as ImmutableId;
const eml = "Subject: hello\r\n\r\nhello\r\n";
const message = (response: ServerResponse) => mail(response, eml);
const inbox = (response: ServerResponse) => json(response, { id: "inbox" });
const status =
  (code: number, headers: Record<string, string> = {}, body = "") =>
  (response: ServerResponse) => {
    response.writeHead(code, headers);
    response.end(body);
  };
const sent = { kind: "mime", body: { size: eml.length } };

describe("what passes is tried again", () => {
  const faults: [string, (response: ServerResponse) => void][] = [
    ["500", (r) => refuse(r, 500, "InternalServerError")],
    ["502 with HTML", status(502, { "content-type": "text/html" }, "<html>Bad Gateway</html>")],
    ["503 with nothing", status(503)],
    ["504 with an empty message", (r) => refuse(r, 504, "UnknownError")],
    ["a busy store", (r) => refuse(r, 503, "ErrorServerBusy")],
    ["404 with nothing, once", status(404)],
    ["a connection that closes at once", (r) => r.socket?.destroy()],
    ["a connection reset", (r) => r.socket?.resetAndDestroy()],
    ["a body shorter than its Content-Length", (r) => cut(r, { "content-length": "1000" })],
    ["a chunked body that breaks off", (r) => cut(r, { "transfer-encoding": "chunked" })],
    ["a body that does not say where it ends", (r) => unframed(r)],
    ["an empty body", status(200, { "content-type": "text/plain" })],
    ["an HTML page in place of mail", status(200, { "content-type": "text/html" }, "<html>sign in</html>")],
    ["a compressed body nobody asked for", status(200, { "content-encoding": "gzip" }, "xxxx")],
  ];

  it.each(faults)("%s", async (_name, fault) => {
    const tenant = await aTenant(inTurn(fault, message));
    const { mailbox, clock } = await opened(tenant);
    expect(await mailbox().mime(id)).toMatchObject(sent);
    expect(tenant.requests).toHaveLength(2);
    expect(clock.slept).toEqual([500]);
  });

  it("an answer that never comes, or stops coming", async () => {
    const silence = () => {};
    const stall = (response: ServerResponse) => {
      response.writeHead(200, { "content-type": "text/plain", "content-length": "1000" });
      response.write("Subject: ");
    };
    const tenant = await aTenant(inTurn(silence, stall, message));
    const { mailbox } = await opened(tenant, { requestTimeoutMs: 100 });
    expect(await mailbox().mime(id)).toMatchObject(sent);
    expect(tenant.requests).toHaveLength(3);
  });

  it("with growing waits, five times in all; then the message has failed for now", async () => {
    const tenant = await aTenant((request, response) =>
      request.url?.includes("inbox") ? inbox(response) : refuse(response, 503, "ServiceUnavailable"),
    );
    const { mailbox, clock } = await opened(tenant);
    const failed = { kind: "failed", reason: "ServiceUnavailable", transient: true, requestId: "req-1", status: 503 };
    expect(await mailbox().mime(id)).toEqual(failed);
    expect(clock.slept).toEqual([500, 1_000, 2_000, 4_000]);
    expect(tenant.requests).toHaveLength(6);
  });

  it("but not for a message when it is the mailbox that is down", async () => {
    const tenant = await aTenant(inTurn(status(503)));
    const { mailbox } = await opened(tenant);
    await expect(mailbox().mime(id)).rejects.toMatchObject({ code: "unavailable", reason: "HTTP_503" });
  });

  it("and a host that cannot be reached is no message's fault", async () => {
    const { mailbox } = await opened({ url: `http://127.0.0.1:${await closedPort()}` });
    await expect(mailbox().mime(id)).rejects.toMatchObject({ code: "unavailable", reason: "GRAPH_UNREACHABLE" });
  });
});

describe("what cannot pass is not tried again", () => {
  const lasting: [number, string][] = [
    [500, "ErrorCorruptData"],
    [400, "ErrorCannotOpenFileAttachment"],
    [400, "ErrorInvalidRecipients"],
    [500, "ErrorMimeContentInvalid"],
    [413, "RequestEntityTooLarge"],
    [405, "ErrorInvalidRequest"],
  ];
  it.each(lasting)("%i %s", async (code, reason) => {
    const tenant = await aTenant((_request, response) => refuse(response, code, reason));
    const { mailbox } = await opened(tenant);
    expect(await mailbox().mime(id)).toEqual({
      kind: "failed",
      reason,
      transient: false,
      requestId: "req-1",
      status: code,
    });
    expect(tenant.requests).toHaveLength(1);
  });

  it("a redirect: it is not followed and the token stays home", async () => {
    const elsewhere = await aTenant((_request, response) => mail(response, "stolen"));
    const tenant = await aTenant((_request, response) => status(302, { location: `${elsewhere.url}/x` })(response));
    const { mailbox } = await opened(tenant);
    expect(await mailbox().mime(id)).toMatchObject({ kind: "failed", reason: "HTTP_302", transient: false });
    await expect(mailbox().changes("f" as never, undefined)).rejects.toMatchObject({ code: "invalid" });
    expect(elsewhere.requests).toEqual([]);
  });

  it("404 with nothing in it is asked twice and is not taken for gone", async () => {
    const tenant = await aTenant((request, response) =>
      request.url?.includes("inbox") ? inbox(response) : status(404)(response),
    );
    const { mailbox } = await opened(tenant);
    expect(await mailbox().mime(id)).toEqual({ kind: "failed", reason: "HTTP_404", transient: true, status: 404 });
    expect(tenant.requests.filter(({ url }) => url.includes("$value"))).toHaveLength(2);
  });
});

describe("throttling", () => {
  it.each([
    ["seconds", "7", "Sat, 21 Nov 2026 10:00:00 GMT", 7 * second],
    ["a date", "Sat, 21 Nov 2026 10:00:12 GMT", "Sat, 21 Nov 2026 10:00:00 GMT", 12 * second],
    ["a date of a clock hours ahead", "Sat, 21 Nov 2026 13:00:12 GMT", "Sat, 21 Nov 2026 13:00:00 GMT", 12 * second],
    ["a date of a clock hours behind", "Sat, 21 Nov 2026 05:00:12 GMT", "Sat, 21 Nov 2026 05:00:00 GMT", 12 * second],
    ["a date by no clock that is told", "Sat, 21 Nov 2026 10:00:12 GMT", undefined, 12 * second],
  ])("429 with Retry-After as %s is waited for in full", async (_name, header, date, ms) => {
    const throttled = (response: ServerResponse) => {
      response.sendDate = false;
      refuse(response, 429, "ApplicationThrottled", { "retry-after": header, ...(date !== undefined && { date }) });
    };
    const tenant = await aTenant(inTurn(throttled, message));
    const { mailbox, clock } = await opened(tenant);
    expect(await mailbox().mime(id)).toMatchObject(sent);
    expect(clock.slept).toEqual([ms]);
  });

  it("a long Retry-After ends the work and is handed on", async () => {
    const tenant = await aTenant((_request, response) => refuse(response, 429, "x", { "retry-after": "600" }));
    const { mailbox, clock } = await opened(tenant);
    const reader = mailbox();
    const all = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => reader.mime(`m${n}` as ImmutableId)));
    for (const one of all)
      expect(one).toMatchObject({ reason: { code: "throttled", retryAfterMs: expect.any(Number) } });
    expect(tenant.requests.length).toBeLessThanOrEqual(4);
    expect(reader.history().pausedUntil).toBe(clock.now().getTime() + 10 * minute);
    const next = mailbox({ history: reader.history() });
    await expect(next.mime(id)).rejects.toMatchObject({ code: "throttled", retryAfterMs: 10 * minute });
    expect(tenant.requests.length).toBeLessThanOrEqual(4);
  });

  it("does not go on forever", async () => {
    const tenant = await aTenant((_request, response) => refuse(response, 429, "x", { "retry-after": "1" }));
    const { mailbox } = await opened(tenant);
    await expect(mailbox().mime(id)).rejects.toMatchObject({ code: "throttled", retryAfterMs: minute });
    expect(tenant.requests).toHaveLength(6);
  });

  it("503 with Retry-After waits as asked; a long one pauses the mailbox", async () => {
    const tenant = await aTenant(
      inTurn(status(503, { "retry-after": "20" }), message, status(503, { "retry-after": "120" })),
    );
    const { mailbox, clock } = await opened(tenant);
    const reader = mailbox();
    expect(await reader.mime(id)).toMatchObject(sent);
    expect(clock.slept).toEqual([20 * second]);
    await expect(reader.mime(id)).rejects.toMatchObject({ code: "throttled", retryAfterMs: 2 * minute });
    expect(reader.history().pausedUntil).toBe(clock.now().getTime() + 2 * minute);
  });

  it("holds for the directory too, which no governor watches", async () => {
    const throttled = (response: ServerResponse) => refuse(response, 429, "x", { "retry-after": "9" });
    const tenant = await aTenant(
      inTurn(
        throttled,
        (r) => json(r, { value: [] }),
        (r) => refuse(r, 429, "x", { "retry-after": "90" }),
      ),
    );
    const { graph, clock } = await opened(tenant);
    for await (const page of graph.directory.users()) expect(page).toEqual([]);
    expect(clock.slept).toEqual([9 * second]);
    await expect(graph.directory.find("a@b.c")).rejects.toMatchObject({ code: "throttled", retryAfterMs: 90 * second });
  });
});

describe("calling off", () => {
  it("breaks requests in flight and waiting ones", async () => {
    let arrived = () => {};
    const four = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const tenant = await aTenant((_request, _response, n) => n === 4 && arrived());
    const abort = new AbortController();
    const { mailbox } = await opened(tenant);
    const reader = mailbox({ signal: abort.signal });
    const all = Array.from({ length: 10 }, (_, n) => reader.mime(`m${n}` as ImmutableId).catch((error) => error));
    await four;
    abort.abort();
    for (const error of await Promise.all(all)) expect(error).toMatchObject({ code: "cancelled" });
    expect(tenant.requests).toHaveLength(4);
    await expect(reader.mime(id)).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("four in flight", () => {
  it("is never exceeded by fifty at once, and always used", async () => {
    let open = 0;
    const seen: number[] = [];
    const held: (() => void)[] = [];
    const release = () => {
      for (const answer of held.splice(0)) answer();
    };
    const tenant = await aTenant((_request, response) => {
      seen.push(++open);
      held.push(() => {
        open--;
        message(response);
      });
      if (held.length === 4 || seen.length > 48) setImmediate(release);
    });
    const { mailbox } = await opened(tenant);
    const reader = mailbox();
    const all = await Promise.all(Array.from({ length: 50 }, (_, n) => reader.mime(`m${n}` as ImmutableId)));
    expect(all.every((outcome) => outcome.kind === "mime")).toBe(true);
    expect(Math.max(...seen)).toBe(4);
    expect(reader.history().slots).toEqual([{ at: expect.any(Number), count: 50 }]);
  });
});

function cut(response: ServerResponse, headers: Record<string, string>): void {
  response.writeHead(200, { "content-type": "text/plain", ...headers });
  response.write("Subject: half a mess");
  setImmediate(() => response.socket?.destroy());
}

function unframed(response: ServerResponse): void {
  response.socket?.end("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nSubject: half a mess");
}

async function closedPort(): Promise<number> {
  const tenant = await aTenant(() => {});
  const port = Number(new URL(tenant.url).port) === 1 ? 2 : 1;
  const socket = connect(port, "127.0.0.1");
  await new Promise((resolve) => socket.once("error", resolve));
  return port;
}
