// Time stamps from an authority over real HTTP; OpenSSL, where the machine has it, is asked for its opinion too.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rfc3161Stamper } from "../../../../lib/adapters/tsa/stamper.js";
import { silentLog } from "../../../../lib/ports/log.js";
import { aTsa, type Tsa } from "../../../build/a-tsa.js";
import { repeatableRandom } from "../../../build/repeatable-random.js";

const time = new Date("2026-03-01T02:15:07.000Z");
const head = Buffer.from("a head");
let tsa: Tsa;
beforeAll(async () => {
  tsa = await aTsa(time);
});
afterAll(() => tsa[Symbol.asyncDispose]());

const stamp = () => rfc3161Stamper(tsa.url, { random: repeatableRandom("stamp"), log: silentLog }).stamp(head);

describe("a time stamp", () => {
  it("says when, and by whom", async () => {
    tsa.fault = undefined;
    expect(await stamp()).toMatchObject({ time: time.toISOString(), authority: "CN=Test TSA" });
  });

  it.each([
    ["refused", "invalid", "TIMESTAMP_REFUSED"],
    ["other bytes", "corrupt", "TIMESTAMP_WRONG"],
    ["other nonce", "corrupt", "TIMESTAMP_WRONG"],
    ["no purpose", "corrupt", "TIMESTAMP_WRONG"],
    ["expired", "corrupt", "TIMESTAMP_WRONG"],
    ["bad signature", "corrupt", "TIMESTAMP_WRONG"],
    ["other certificate", "corrupt", "TIMESTAMP_WRONG"],
    ["no stamp", "corrupt", "TIMESTAMP_WRONG"],
    ["not found", "unavailable", undefined],
    ["silent", "unavailable", undefined],
  ] as const)("of an authority with the fault: %s, is not taken", async (fault, code, reason) => {
    tsa.fault = fault;
    const error = await stamp().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, reason });
    if (fault === "expired") expect((error as Error).message).toContain("was not valid");
    if (fault === "no purpose") expect((error as Error).message).toContain("not for time stamps");
  });

  it.skipIf(spawnSync("openssl", ["version"]).status !== 0)("is one for OpenSSL as well", async () => {
    tsa.fault = undefined;
    const { response } = await stamp();
    const place = mkdtempSync(join(tmpdir(), "mailkeep-stamp-"));
    const file = (name: string, bytes: Uint8Array | string) => {
      writeFileSync(join(place, name), bytes);
      return join(place, name);
    };
    const verify = (data: string) =>
      spawnSync("openssl", [
        ...["ts", "-verify", "-in", file("head.tsr", response), "-data", data, "-CAfile", file("root.pem", tsa.root)],
        ...["-attime", String(time.getTime() / 1_000)],
      ]);
    expect(verify(file("head", head)).stdout.toString()).toContain("Verification: OK");
    expect(verify(file("other", "another head")).status).not.toBe(0);
    rmSync(place, { recursive: true });
  });
});
