// What a proxy wants to know of us, from a key vault. It is asked directly, never through the proxy it opens.
import { MailkeepError } from "../../core/errors.js";
import { type Clock, minute } from "../../core/time.js";
import type { KeyVault } from "./key-vault.js";

/** A changed password is met with a refusal of the proxy, which asks for a fresh one: this only bounds how old it may get. */
const keptMs = 10 * minute;

/** `user:password`. @throws MailkeepError as the vault, and `unauthenticated` (PROXY_CREDENTIALS_MALFORMED) */
export function proxyCredentials(
  vault: KeyVault,
  secretName: string,
  clock: Clock,
): (options: { fresh: boolean }) => Promise<string> {
  let held: { value: string; readAt: number } | undefined;
  let asking: Promise<string> | undefined;

  async function read(): Promise<string> {
    const { value } = await vault.secret(secretName);
    if (!/^[^:\p{Cc}]{1,256}:[^\p{Cc}]{0,1024}$/u.test(value)) throw malformed(secretName);
    held = { value, readAt: clock.now().getTime() };
    return value;
  }

  return async ({ fresh }) => {
    if (!fresh && held !== undefined && clock.now().getTime() - held.readAt < keptMs) return held.value;
    asking ??= read().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

const malformed = (secretName: string): MailkeepError =>
  new MailkeepError("unauthenticated", `the secret ${secretName} is not of the form user:password`, {
    reason: "PROXY_CREDENTIALS_MALFORMED",
  });
