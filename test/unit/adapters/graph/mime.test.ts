import { describe, expect, it } from "vitest";
import { sha256 } from "../../../../lib/core/digest.js";
import type { ImmutableId } from "../../../../lib/core/ids.js";
import { aTenant, bytesOf, inTurn, json, mail, opened, refuse } from "./a-tenant.js";

const id = "AAMk/a+b=='é" as ImmutableId;

/** Bytes of every value, so that any decoding on the way would show. */
const bytes = (size: number) => Buffer.from(Uint8Array.from({ length: size }, (_, n) => (n * 7 + (n >> 8)) & 255));

describe("the bytes of a message", () => {
  it("arrive exactly, from a route below the user and not below a folder", async () => {
    const small = bytes(50_000);
    const tenant = await aTenant((_request, response) => mail(response, small));
    const { mailbox } = await opened(tenant);
    const outcome = await mailbox().mime(id);
    if (outcome.kind !== "mime") throw new Error(outcome.kind);
    expect(Buffer.compare(Buffer.from(outcome.body.bytes ?? []), small)).toBe(0);
    expect(tenant.requests[0]?.url).toBe("/v1.0/users/anna/messages/AAMk%2Fa%2Bb%3D%3D'%C3%A9/$value");
  });

  it("wait on disk when they are many, until the body is disposed of", async () => {
    const large = bytes(5 * 1024 * 1024 + 3);
    const tenant = await aTenant((_request, response) => mail(response, large));
    const { mailbox, spooled } = await opened(tenant);
    const outcome = await mailbox().mime(id);
    if (outcome.kind !== "mime") throw new Error(outcome.kind);
    expect(outcome.body).toMatchObject({ size: large.length, bytes: undefined });
    expect(await spooled()).toHaveLength(1);
    for (let again = 0; again < 2; again++) expect(sha256(await bytesOf(outcome.body))).toBe(sha256(large));
    const part: Uint8Array[] = [];
    const buffers = new Set<unknown>();
    for await (const chunk of outcome.body.read(1_000_000, 3_500_000)) {
      part.push(Uint8Array.from(chunk));
      buffers.add(chunk.buffer);
    }
    expect(Buffer.concat(part).equals(large.subarray(1_000_000, 3_500_000))).toBe(true);
    expect(Math.max(...part.map((chunk) => chunk.length))).toBeLessThanOrEqual(1024 * 1024);
    expect(buffers.size, "a reading takes one buffer, whatever its length").toBe(1);
    await outcome.body.dispose();
    await outcome.body.dispose();
    expect(await spooled()).toEqual([]);
  });

  it("leave nothing on disk when the connection breaks far into a large one", async () => {
    const large = bytes(3 * 1024 * 1024);
    const tenant = await aTenant(
      inTurn(
        (response) => {
          response.writeHead(200, { "content-type": "text/plain", "content-length": String(large.length) });
          response.write(large.subarray(0, large.length - 10), () => response.socket?.destroy());
        },
        (response) => mail(response, large),
      ),
    );
    const { mailbox, spooled } = await opened(tenant);
    const outcome = await mailbox().mime(id);
    if (outcome.kind !== "mime") throw new Error(outcome.kind);
    expect(sha256(await bytesOf(outcome.body))).toBe(sha256(large));
    expect(await spooled()).toHaveLength(1);
    await outcome.body.dispose();
    expect(await spooled()).toEqual([]);
  });

  it("are not even begun when there are too many", async () => {
    const tenant = await aTenant((_request, response) => {
      response.writeHead(200, { "content-type": "text/plain", "content-length": String(2 ** 31) });
      response.write("Subject: endless");
    });
    const { mailbox } = await opened(tenant);
    expect(await mailbox().mime(id)).toEqual({ kind: "failed", reason: "TOO_LARGE", transient: false });
    expect(tenant.requests).toHaveLength(1);
  });
});

describe("a message that is not there", () => {
  it("is gone when Graph says so", async () => {
    const tenant = await aTenant((_request, response) => refuse(response, 404, "ErrorItemNotFound"));
    const { mailbox } = await opened(tenant);
    expect(await mailbox().mime(id)).toEqual({ kind: "gone" });
    expect(await mailbox().message(id)).toBeUndefined();
  });

  it("is not gone when it is the mailbox that cannot be reached any more", async () => {
    const tenant = await aTenant((_request, response) => refuse(response, 404, "MailboxNotEnabledForRESTAPI"));
    const { mailbox } = await opened(tenant);
    const noMailbox = { code: "no-mailbox", reason: "MailboxNotEnabledForRESTAPI" };
    await expect(mailbox().mime(id)).rejects.toMatchObject(noMailbox);
    await expect(mailbox().message(id)).rejects.toMatchObject(noMailbox);
  });
});

describe("a message that may not be read", () => {
  const denied = { kind: "failed", reason: "ErrorAccessDenied", transient: false, requestId: "req-1", status: 403 };

  it("is one message's failure while the inbox opens", async () => {
    const tenant = await aTenant((request, response) => {
      if (request.url?.includes("inbox")) json(response, { id: "i" });
      else if (request.url?.includes("bad")) refuse(response, 403, "ErrorAccessDenied");
      else mail(response, "x");
    });
    const { mailbox } = await opened(tenant);
    const reader = mailbox();
    expect(await reader.mime("good" as ImmutableId)).toMatchObject({ kind: "mime" });
    for (let n = 0; n < 20; n++) expect(await reader.mime(`bad${n}` as ImmutableId)).toEqual(denied);
  });

  it("is the mailbox's when the inbox does not open either", async () => {
    const tenant = await aTenant((_request, response) => refuse(response, 403, "ErrorAccessDenied"));
    const { mailbox } = await opened(tenant);
    await expect(mailbox().mime(id)).rejects.toMatchObject({ code: "forbidden", reason: "ErrorAccessDenied" });
  });

  it("is the identity's when not one of many may be read", async () => {
    const tenant = await aTenant((request, response) =>
      request.url?.includes("inbox") ? json(response, { id: "i" }) : refuse(response, 403, "ErrorAccessDenied"),
    );
    const { mailbox } = await opened(tenant);
    const reader = mailbox();
    for (let n = 0; n < 7; n++) expect(await reader.mime(`m${n}` as ImmutableId)).toEqual(denied);
    await expect(reader.mime(id)).rejects.toMatchObject({ code: "forbidden" });
  });
});
