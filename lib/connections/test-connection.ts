// The test of a connection, and what it means: it binds, it says since when something is in the way that will not pass by
// itself, and what passes by itself changes nothing.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import { type ConnectionId, defaultConnection } from "../core/ids.js";
import { withMailbox } from "../mailboxes/with-mailbox.js";
import { type Connection, fingerprint } from "./connection.js";
import type { ConnectionDeps } from "./deps.js";
import { type ProbeDeps, type ProbeRefusal, probeTenant } from "./probes.js";
import { type ConnectionState, changeState, findState, getConnection } from "./repo.js";
import { type Failing, failingNow, isBound } from "./state.js";
import type { ProbeName, TestResult } from "./test-result.js";

export interface TestView extends TestResult {
  connection: string;
  bound: boolean;
}

/** `mailbox` names the one to be read; without it the first that answers. */
export async function testConnection(
  id: ConnectionId,
  mailbox: string | undefined,
  deps: ConnectionDeps,
): Promise<TestView> {
  const { rows, clock, log } = deps;
  const tested = await definitionOf(id, deps);
  const connection = tested?.id ?? defaultConnection;
  const open = tested === undefined ? deps.openDefault : () => deps.openTenant(tested);
  const talk: ProbeDeps["talk"] = (box, { mail }, say) => withMailbox(box, { ...deps, mail }, say);
  const { expiresAt, refusal, ...result } = await probeTenant(open, mailbox, { clock, talk });
  const print = printOf(tested);
  const isOk = (probe: ProbeName) => result.probes.some(({ name, ok }) => name === probe && ok);
  const state = await changeState(rows, connection, (before) => {
    const { failing: was, ...others } = before;
    const isOver = was !== undefined && isOk(was.probe);
    const failing = refusal && lasting(refusal, { before, mailbox, print, at: result.at });
    return {
      ...(isOver ? others : before),
      lastTest: result,
      ...(result.ok && { passed: { fingerprint: print, at: result.at, ...(mailbox !== undefined && { mailbox }) } }),
      ...(failing && { failing }),
      ...(isOk("credential") && {
        credential: { fingerprint: print, checkedAt: result.at, ...(expiresAt && { expiresAt }) },
      }),
    };
  });
  log.info("connection tested", { connection, ok: result.ok });
  if (state.failing !== undefined) {
    const { code, since } = state.failing;
    log.warn("connection failing", { connection, code, since });
  }
  // Somebody may have changed the connection meanwhile: what was tested is then not what it is now.
  return { connection, bound: isBound(state, printOf(await definitionOf(id, deps))), ...result };
}

/** Undefined for the connection of the settings. */
async function definitionOf(id: ConnectionId, { rows }: ConnectionDeps): Promise<Connection | undefined> {
  return id.toLowerCase() === defaultConnection ? undefined : (await getConnection(rows, id)).connection;
}

/** Of the settings there is one definition as long as the program runs. */
const printOf = (connection: Connection | undefined): string =>
  connection === undefined ? "" : fingerprint(connection);

interface Circumstances {
  before: ConnectionState;
  mailbox: string | undefined;
  print: string;
  at: string;
}

/**
 * Refusals last until somebody mends them; silence, throttling and a broken way pass. That mailboxes are refused says
 * something of the connection only where it was bound by the first that answers: a scope may hold other mailboxes.
 */
function lasting({ probe, error }: ProbeRefusal, { before, mailbox, print, at }: Circumstances): Failing | undefined {
  const named = mailbox !== undefined || before.passed?.mailbox !== undefined;
  const counts =
    probe === "credential" || probe === "token" || probe === "directory" || (probe === "mailbox" && !named);
  if (!counts || !isMailkeepError(error, "unauthenticated", "forbidden")) return undefined;
  const since = failingNow(before, print)?.since ?? at;
  const code = error.reason ?? error.code.toUpperCase();
  return { fingerprint: print, probe, code, message: error.message.slice(0, 500), since };
}

/**
 * Before a run begins: one that is failing is tested once more, the way it passed. What was mended binds it again.
 * @throws MailkeepError why it is failing; `unavailable` when that cannot be told now
 */
export async function assertWorking(id: ConnectionId, deps: ConnectionDeps): Promise<void> {
  const state = await findState(deps.rows, id);
  if (failingNow(state, printOf(await definitionOf(id, deps))) === undefined) return;
  const { probes, connection } = await testConnection(id, state.passed?.mailbox, deps);
  const { failing } = await findState(deps.rows, id);
  if (failing === undefined) return;
  const { code = failing.code, message = failing.message } = probes.find(({ ok }) => !ok) ?? {};
  const sentence = `the connection ${connection} is failing since ${failing.since}: ${message}`;
  throw new MailkeepError(code === failing.code ? "unauthenticated" : "unavailable", sentence, { reason: code });
}
