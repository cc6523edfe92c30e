// Who is calling. Everything is refused that is not let in by name.
import { MailkeepError } from "../core/errors.js";
import type { Clock } from "../core/time.js";
import type { Caller, SignIn } from "./caller.js";
import { entraSignIn, type SigningKeys } from "./entra.js";
import { assertLoopback } from "./loopback.js";
import { allowed, mayUse, type Right, roles } from "./roles.js";

export type AuthConfig = { mode: "local" } | { mode: "entra"; authority: string; tenantId: string; audience: string };

/** `keys` replaces the tenant's published signing keys. */
export function openSignIn(auth: AuthConfig, { clock, keys }: { clock: Clock; keys?: SigningKeys }): SignIn {
  if (auth.mode === "entra") return entraSignIn(auth, clock, keys);
  return async (call) => {
    assertLoopback(call);
    return { subject: "local", roles };
  };
}

/** @throws forbidden with reason ROLE_REQUIRED that names the roles that would do */
export function assertMay(caller: Caller, right: Right): void {
  if (mayUse(caller.roles, right)) return;
  const wanted = allowed[right].join(" or ");
  throw new MailkeepError("forbidden", `this needs the role ${wanted}`, { reason: "ROLE_REQUIRED" });
}
