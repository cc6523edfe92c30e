// The night's look at certificates and secrets: when they expire, and a warning in the log for each that soon will.
import { MailkeepError } from "../core/errors.js";
import type { Clock } from "../core/time.js";
import type { OpenTenant } from "../ports/tenants.js";
import { fingerprint } from "./connection.js";
import type { ConnectionDeps } from "./deps.js";
import { credentialStatus } from "./expiry.js";
import { type ConnectionState, changeState, listConnections } from "./repo.js";
import { canExpire } from "./view.js";

/** Each night: reads when credentials expire, and writes a warning for each that soon will. */
export async function checkCredentials(deps: ConnectionDeps): Promise<void> {
  const { rows, clock, log } = deps;
  for await (const { connection } of listConnections(rows)) {
    const { identity, writerIdentity } = connection;
    if (!canExpire(identity) && !canExpire(writerIdentity)) continue;
    const credential = await readExpiry(() => deps.openTenant(connection), clock);
    const print = fingerprint(connection);
    const state = await changeState(rows, connection.id, (before) => ({
      ...before,
      // What could not be read now was read once: the date stands, with the problem beside it.
      credential: { ...(credential.problem && sameCredential(before, print)), ...credential, fingerprint: print },
    }));
    const { status, daysLeft } = credentialStatus(state.credential, true, clock.now());
    if (status === "ok" || status === "none") continue;
    const { expiresAt, problem } = state.credential ?? {};
    log.warn("credential expires", {
      connection: connection.id,
      status,
      expiresAt,
      daysLeft: daysLeft ?? undefined,
      problem,
    });
  }
}

const sameCredential = ({ credential }: ConnectionState, print: string) =>
  credential?.fingerprint === print ? credential : undefined;

async function readExpiry(open: () => Promise<OpenTenant>, clock: Clock) {
  const checkedAt = clock.now().toISOString();
  try {
    const tenant = await open();
    try {
      const expiresAt = (await tenant.credentialExpiry())?.toISOString();
      return { checkedAt, ...(expiresAt !== undefined && { expiresAt }) };
    } finally {
      await tenant.close();
    }
  } catch (error) {
    if (!(error instanceof MailkeepError)) throw error;
    return { checkedAt, problem: error.reason ?? error.code };
  }
}
