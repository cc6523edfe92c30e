// Pure: how long a credential is still good for, and when a person must hear of it.
import { day } from "../core/time.js";

/** What a vault said of a credential, and when. */
export interface CredentialState {
  /** ISO 8601; absent for one that cannot expire, or when the vault did not say. */
  expiresAt?: string;
  checkedAt: string;
  /** Why it is not known. */
  problem?: string;
}

/**
 * none      there is no credential that expires
 * ok        more than 30 days are left
 * expiring  30 days or less: rotate it now
 * expired   nothing can be archived through it
 * unknown   not looked at yet, or the vault did not say
 */
export type CredentialStatus = "none" | "ok" | "expiring" | "expired" | "unknown";

const warnWithinDays = 30;

export function credentialStatus(
  state: CredentialState | undefined,
  canExpire: boolean,
  now: Date,
): { status: CredentialStatus; daysLeft: number | null } {
  if (!canExpire) return { status: "none", daysLeft: null };
  if (state?.expiresAt === undefined)
    return { status: state === undefined || state.problem !== undefined ? "unknown" : "none", daysLeft: null };
  const leftMs = Date.parse(state.expiresAt) - now.getTime();
  const daysLeft = Math.floor(leftMs / day);
  if (leftMs <= 0) return { status: "expired", daysLeft };
  return { status: leftMs <= warnWithinDays * day ? "expiring" : "ok", daysLeft };
}
