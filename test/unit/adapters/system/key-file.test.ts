import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { keyFileSigner } from "../../../../lib/adapters/system/key-file.js";
import { isSignature } from "../../../../lib/heads/signature.js";

it("makes a key once, for its owner alone, and says that it is for development", async () => {
  const place = mkdtempSync(join(tmpdir(), "mailkeep-key-"));
  const path = join(place, "below", "key.pem");
  const first = await keyFileSigner(path).publicKey();
  expect(first.development).toBe(true);
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
  const again = keyFileSigner(path);
  expect((await again.publicKey()).kid).toBe(first.kid);
  const bytes = Buffer.from("a head");
  expect(isSignature(first.jwk, bytes, await again.sign(bytes, first))).toBe(true);
  writeFileSync(path, "no key");
  await expect(
    keyFileSigner(path)
      .publicKey()
      .catch((error) => Promise.reject(error)),
  ).rejects.toThrow();
  rmSync(place, { recursive: true });
});
