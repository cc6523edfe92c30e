// Pure: connections as the API shows them. There is no secret in them that could be shown.
import { type Hosts, isLoopback } from "../core/hosts.js";
import type { ConnectionId } from "../core/ids.js";
import type { EgressProxy, Identity, Reach } from "../ports/tenants.js";
import { type Connection, fingerprint } from "./connection.js";
import { type CredentialStatus, credentialStatus } from "./expiry.js";
import type { ConnectionState } from "./repo.js";
import { failingNow, type Standing, standingOf } from "./state.js";
import type { TestResult } from "./test-result.js";

/** Of the settings, an identity may also be whoever is signed in here. */
export type ShownIdentity = Identity | { kind: "defaultCredential"; clientId: null };

/** The connection of the settings. */
export interface SettingsReach extends Hosts {
  tenantId: string | null;
  cloud: Reach["cloud"];
  identity: ShownIdentity;
  writerIdentity: ShownIdentity | null;
  proxy: EgressProxy | null;
}

export interface Warning {
  code: string;
  message: string;
}

export interface ConnectionView extends Hosts {
  id: string;
  description: string;
  tenantId: string | null;
  cloud: Reach["cloud"];
  identity: ShownIdentity;
  writerIdentity: ShownIdentity | null;
  proxy: EgressProxy | null;
  /** Its test has passed as it is now, and no later one met a refusal. */
  bound: boolean;
  state: Standing;
  /** Why it is failing, and since when. */
  failing: { code: string; message: string; since: string } | null;
  boundAt: string | null;
  lastTest: TestResult | null;
  credential: {
    status: CredentialStatus;
    expiresAt: string | null;
    daysLeft: number | null;
    checkedAt: string | null;
    problem: string | null;
  };
  refreshedAt: string | null;
  warnings: Warning[];
  createdAt: string | null;
  updatedAt: string | null;
}

/** `others`: every connection there is, the one of the settings included. */
export function viewConnection(
  connection: Connection,
  state: ConnectionState,
  { now, others }: { now: Date; others: SameTenant[] },
): ConnectionView {
  const print = fingerprint(connection);
  const expires = canExpire(connection.identity) || canExpire(connection.writerIdentity);
  const credential = viewCredential(expires, state.credential?.fingerprint === print ? state : {}, now);
  return {
    ...connection,
    ...viewStanding(state, print),
    lastTest: state.lastTest ?? null,
    credential,
    refreshedAt: state.refreshedAt ?? null,
    warnings: [
      ...sharedTenant(connection, others),
      ...credentialWarnings(credential),
      ...openLogin(connection),
      ...failureWarnings(state, print),
    ],
  };
}

export function viewDefault(id: ConnectionId, reach: SettingsReach, state: ConnectionState): ConnectionView {
  return {
    id,
    description: "The connection of the settings",
    ...reach,
    ...viewStanding(state, ""),
    lastTest: state.lastTest ?? null,
    credential: { status: "none", expiresAt: null, daysLeft: null, checkedAt: null, problem: null },
    refreshedAt: state.refreshedAt ?? null,
    warnings: failureWarnings(state, ""),
    createdAt: null,
    updatedAt: null,
  };
}

function viewStanding(state: ConnectionState, print: string) {
  const standing = standingOf(state, print);
  const { code = "", message = "", since = "" } = failingNow(state, print) ?? {};
  return {
    bound: standing === "bound",
    state: standing,
    failing: standing === "failing" ? { code, message, since } : null,
    boundAt: standing === "untested" ? null : (state.passed?.at ?? null),
  };
}

function failureWarnings(state: ConnectionState, print: string): Warning[] {
  const failing = failingNow(state, print);
  if (failing === undefined) return [];
  const message = `since ${failing.since} its test fails (${failing.code}): ${failing.message}; each run tests it again first`;
  return [{ code: "CONNECTION_FAILING", message }];
}

export const canExpire = (identity: ShownIdentity | null): boolean =>
  identity?.kind === "certificate" || identity?.kind === "secret";

function viewCredential(expires: boolean, { credential }: ConnectionState, now: Date): ConnectionView["credential"] {
  return {
    ...credentialStatus(credential, expires, now),
    expiresAt: credential?.expiresAt ?? null,
    checkedAt: credential?.checkedAt ?? null,
    problem: credential?.problem ?? null,
  };
}

export interface SameTenant {
  id: string;
  tenantId: string | null;
}

/** Allowed, for an identity of its own for some mailboxes; but somebody should know. */
function sharedTenant({ id, tenantId }: Connection, others: SameTenant[]): Warning[] {
  const same = others.filter((other) => other.id !== id && other.tenantId?.toLowerCase() === tenantId.toLowerCase());
  if (same.length === 0) return [];
  const named = same.map((other) => other.id).join(", ");
  const message = `${named} reaches the same tenant; each mailbox is archived through the connection that named it first`;
  return [{ code: "TENANT_SHARED", message }];
}

/** Allowed, for many networks know no other way; but somebody should know. */
function openLogin({ proxy }: Pick<Connection, "proxy">): Warning[] {
  if (proxy === null || proxy.credentials === null || !proxy.url.startsWith("http:") || isLoopback(proxy.url))
    return [];
  const message = `user and password go to ${proxy.url} unencrypted; use an https proxy, or one that needs none`;
  return [{ code: "PROXY_CREDENTIALS_IN_CLEAR", message }];
}

function credentialWarnings({ status, expiresAt, daysLeft, problem }: ConnectionView["credential"]): Warning[] {
  if (status === "expired")
    return [{ code: "CREDENTIAL_EXPIRED", message: `the credential expired ${expiresAt}; rotate it in the vault` }];
  if (status === "expiring")
    return [
      { code: "CREDENTIAL_EXPIRES", message: `the credential expires ${expiresAt}, in ${daysLeft} days; rotate it` },
    ];
  return problem === null ? [] : [{ code: "CREDENTIAL_UNREAD", message: `its expiry could not be read: ${problem}` }];
}
