// When something behind the door fails: what the caller hears, and what only the log does.
import { expect, it } from "vitest";
import { toResponse } from "../../../functions/http/reply.js";
import { type ErrorCode, MailkeepError } from "../../../lib/core/errors.js";
import type { Log, LogFields } from "../../../lib/ports/log.js";
import { aWorld } from "../../build/a-world.js";
import { faulty } from "../../fakes/faulty.js";
import { anApi } from "./an-api.js";

function aLog() {
  const lines: { event: string; fields: LogFields | undefined }[] = [];
  const write = (event: string, fields?: LogFields) => void lines.push({ event, fields });
  const log: Log = { info: write, warn: write, error: write };
  return { lines, log };
}

/** Asks for a profile while the tables answer with this error. */
async function askWhile(error: unknown) {
  const { lines, log } = aLog();
  await using world = await aWorld({
    edges: (edges) => ({
      ...edges,
      rows: faulty(edges.rows, { calls: 0, failAt: 1, error: () => error }),
    }),
  });
  return { lines, ...(await anApi(world.app, { log })("GET", "/profiles/p_0000000000000000")) };
}

it("tells nothing of an unforeseen error but where the log has it", async () => {
  const error = new TypeError("cannot read 'Dear Anna, the merger' as a number");
  const { status, json, bytes, lines } = await askWhile(error);
  expect({ status, code: json.code }).toEqual({ status: 500, code: "INTERNAL" });
  expect(bytes.toString()).not.toMatch(/Anna|TypeError|\.ts|\bat \b/);
  expect(lines).toMatchObject([{ event: "request failed", fields: { reference: json.reference, error: "TypeError" } }]);
  expect(JSON.stringify(lines)).not.toContain("Anna");
  expect(lines[0]?.fields?.at).toContain("faults.test.ts");
});

it("says how long to wait", async () => {
  const throttled = await askWhile(new MailkeepError("throttled", "busy", { retryAfterMs: 61_001 }));
  expect(throttled).toMatchObject({ status: 503, json: { code: "THROTTLED", retryAfterSeconds: 62 } });
  expect(throttled.headers.get("retry-after")).toBe("62");
  const away = await askWhile(new MailkeepError("unavailable", "storage could not read a row: ECONNREFUSED"));
  expect(away).toMatchObject({ status: 503, json: { code: "UNAVAILABLE", retryAfterSeconds: 10 } });
  expect(away.lines).toHaveLength(1);
});

it.each<[ErrorCode, string | undefined, number, string]>([
  ["forbidden", "AuthorizationPermissionMismatch", 502, "FORBIDDEN"],
  ["forbidden", undefined, 502, "FORBIDDEN"],
  ["unauthenticated", "InvalidAuthenticationToken", 502, "UNAUTHENTICATED"],
  ["invalid", "InvalidInput", 502, "INVALID"],
  ["invalid", "INVALID_SCHEDULE", 400, "INVALID_SCHEDULE"],
  ["no-mailbox", "MailboxNotEnabledForRESTAPI", 409, "NO_MAILBOX"],
  ["conflict", "EntityAlreadyExists", 409, "CONFLICT"],
  ["too-large", "PROFILE_TOO_LARGE", 413, "PROFILE_TOO_LARGE"],
  ["corrupt", "ARCHIVE_CORRUPT", 500, "ARCHIVE_CORRUPT"],
])("answers %s (%s) with %i %s", async (code, reason, status, shown) => {
  const answer = await askWhile(new MailkeepError(code, "as told", { ...(reason && { reason }), requestId: "r-1" }));
  expect(answer).toMatchObject({ status, json: { code: shown, detail: "as told", requestId: "r-1" } });
  expect(answer.json.reason).toBe(shown === reason ? undefined : reason);
  expect(answer.headers.has("www-authenticate")).toBe(false);
});

it("logs an answer that breaks off, and lets it break", async () => {
  const broken: unknown[] = [];
  async function* bytes() {
    yield new Uint8Array(3);
    throw new MailkeepError("corrupt", "damaged");
  }
  const reply = { bytes: bytes(), mediaType: "message/rfc822", fileName: "a.eml", size: 10 };
  const init = toResponse({ status: 200, bytes: "message/rfc822" }, reply, (error) => broken.push(error));
  const read = (async () => {
    for await (const _ of init.body as AsyncIterable<Uint8Array>);
  })();
  await expect(read).rejects.toThrow("damaged");
  expect(broken).toMatchObject([{ code: "corrupt" }]);
});
