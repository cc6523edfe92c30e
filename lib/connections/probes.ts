// The calls of a test, in the order in which one needs the other: credential, token, directory, one mailbox.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import { tenantWideMail } from "../mailboxes/access.js";
import type { DirectoryUser } from "../ports/directory.js";
import type { MailboxReader } from "../ports/mail-source.js";
import type { OpenTenant } from "../ports/tenants.js";
import type { ProbeName, ProbeResult, TestResult } from "./test-result.js";

export interface ProbeDeps {
  clock: Clock;
  /** Talks to a mailbox of the tenant under its claim; undefined when another worker holds it. */
  talk<T>(mailbox: MailboxId, tenant: OpenTenant, talk: (reader: MailboxReader) => Promise<T>): Promise<T | undefined>;
}

/** Mailboxes that are tried until one answers: the first of a directory may be rooms, leavers, or out of scope. */
const mailboxTries = 20;

/** Ends at the first probe that fails: what comes after it needs it. `mailbox` names the one to be read. */
export async function probeTenant(
  open: () => Promise<OpenTenant>,
  mailbox: string | undefined,
  deps: ProbeDeps,
): Promise<TestResult & { expiresAt?: string; refusal?: ProbeRefusal }> {
  const at = deps.clock.now().toISOString();
  const probes: ProbeResult[] = [];
  const run = probing(probes, deps.clock);
  let tenant: OpenTenant | undefined;
  let expiresAt: string | undefined;
  try {
    const opened = await run("credential", async () => {
      tenant = await open();
      const expiry = await tenant.credentialExpiry();
      expiresAt = expiry?.toISOString();
      if (expiry !== undefined && expiry <= deps.clock.now())
        throw new MailkeepError("unauthenticated", `the credential expired ${expiresAt}`, {
          reason: "CREDENTIAL_EXPIRED",
        });
      return { value: tenant, evidence: expiresAt === undefined ? "does not expire" : `expires ${expiresAt}` };
    });
    const { tryProxy } = opened;
    if (tryProxy !== undefined) await run("proxy", () => way(tryProxy));
    await run("token", () => token(opened));
    const users = await run("directory", () => firstUsers(opened, mailbox));
    await run("mailbox", () => readOne(users, opened, deps));
    if (opened.tryWriter !== undefined) await run("writer", () => writer(opened));
    return { at, ok: true, probes, ...(expiresAt !== undefined && { expiresAt }) };
  } catch (error) {
    if (!(error instanceof ProbeFailed)) throw error;
    const { refusal } = error;
    return { at, ok: false, probes, refusal, ...(expiresAt !== undefined && { expiresAt }) };
  } finally {
    await tenant?.close();
  }
}

/** What ended a test. */
export interface ProbeRefusal {
  probe: ProbeName;
  error: MailkeepError;
}

class ProbeFailed extends Error {
  constructor(readonly refusal: ProbeRefusal) {
    super();
  }
}

type Probed<T> = { value: T; evidence: string };

function probing(probes: ProbeResult[], clock: Clock) {
  return async <T>(name: ProbeName, probe: () => Promise<Probed<T>>): Promise<T> => {
    const began = clock.monotonicMs();
    const ms = () => Math.round(clock.monotonicMs() - began);
    try {
      const { value, evidence } = await probe();
      probes.push({ name, ok: true, ms: ms(), evidence });
      return value;
    } catch (error) {
      if (!(error instanceof MailkeepError)) throw error;
      const { requestId, places } = error;
      const evidence = evidenceOf(error);
      const code = error.reason ?? error.code.toUpperCase().replaceAll("-", "_");
      const told = { code, message: error.message.slice(0, 500) };
      probes.push({
        name,
        ok: false,
        ms: ms(),
        ...told,
        ...evidence,
        ...(requestId !== undefined && { requestId }),
        ...(places && { places }),
      });
      throw new ProbeFailed({ probe: name, error });
    }
  };
}

function evidenceOf({ asked, status }: MailkeepError): { evidence?: string } {
  if (asked === undefined) return {};
  const answer = status === undefined ? "was not answered" : `was answered ${status}`;
  return { evidence: `${asked.request} ${answer}${asked.code === undefined ? "" : ` (${asked.code})`}` };
}

async function way(tryProxy: () => Promise<void>): Promise<Probed<undefined>> {
  await tryProxy();
  return { value: undefined, evidence: "the proxy opens a tunnel to Graph" };
}

async function token(tenant: OpenTenant): Promise<Probed<undefined>> {
  const roles = await tenant.tokenRoles();
  const named = roles?.slice(0, 30).join(", ");
  return {
    value: undefined,
    evidence: named ? `permissions in the token: ${named}` : "the token names no permissions",
  };
}

async function writer({ tryWriter }: OpenTenant): Promise<Probed<undefined>> {
  await tryWriter?.();
  return { value: undefined, evidence: "the second identity gets a token; nothing was changed with it" };
}

async function firstUsers(tenant: OpenTenant, mailbox: string | undefined): Promise<Probed<DirectoryUser[]>> {
  if (mailbox !== undefined) {
    const user = await tenant.directory.find(mailbox);
    if (user !== undefined) return { value: [user], evidence: "the directory knows the mailbox that was named" };
    throw new MailkeepError("not-found", "the directory knows nobody of the name that was given", {
      reason: "ADDRESS_NOT_FOUND",
    });
  }
  for await (const users of tenant.directory.users())
    if (users.length > 0) return { value: users, evidence: `the first page names ${users.length} users` };
  throw new MailkeepError("not-found", "the directory names no user at all", { reason: "TENANT_WITHOUT_USERS" });
}

/** What is told when none can be read: that a right is missing, before that one is busy, before that one is not there. */
const weight = ({ code }: MailkeepError): number => ["throttled", "forbidden"].indexOf(code);

/** Messages of the inbox that are tried: one that cannot be rendered says nothing of the next. */
const messageTries = 3;

/** `inbox`: it opens, and had no message to try; `shut`: its messages are listed, and refused. */
type Seen = { kind: "message" | "inbox" } | { kind: "shut"; refusal: MailkeepError };

/** As far into a mailbox as archiving goes: an app that may list messages and read none is of no use. */
async function lookInto(reader: MailboxReader, tenant: OpenTenant): Promise<Seen | undefined> {
  const { id: inbox } = await reader.wellKnownFolder("inbox");
  if (inbox === undefined) return undefined;
  const page = await reader.changes(inbox, undefined, messageTries);
  const changes = page.kind === "page" ? page.changes.slice(0, messageTries) : [];
  for (const change of changes) {
    if (change.kind !== "present") continue;
    const outcome = await reader.mime(change.message.id);
    if (outcome.kind === "mime") {
      await outcome.body.dispose();
      return { kind: "message" };
    }
    if (outcome.kind === "failed" && outcome.status === 403)
      return { kind: "shut", refusal: await mailRefused(outcome, tenant) };
  }
  return { kind: "inbox" };
}

async function mailRefused({ reason, requestId }: { reason: string; requestId?: string }, tenant: OpenTenant) {
  const roles = await tenant.tokenRoles();
  const listsOnly = roles !== undefined && !roles.some((role) => tenantWideMail.includes(role));
  return new MailkeepError("forbidden", "the mailbox lists its messages and lets none be read", {
    reason: listsOnly ? "MAIL_READ_BASIC_ONLY" : reason,
    ...(requestId !== undefined && { requestId }),
  });
}

async function readOne(users: DirectoryUser[], tenant: OpenTenant, deps: ProbeDeps): Promise<Probed<undefined>> {
  const candidates = users.filter(({ guest, mail }) => !guest && mail !== undefined).slice(0, mailboxTries);
  const read = (what: string, id: MailboxId) => ({
    value: undefined,
    evidence: `${what} of mailbox ${id} was read (try ${tried})`,
  });
  let refusal: MailkeepError | undefined;
  let shut: MailkeepError | undefined;
  let opened: MailboxId | undefined;
  let tried = 0;
  for (const { id } of candidates) {
    try {
      tried++;
      const seen = await deps.talk(id, tenant, (reader) => lookInto(reader, tenant));
      if (seen?.kind === "message") return read("a message", id);
      if (seen?.kind === "inbox") opened ??= id;
      if (seen?.kind === "shut") shut ??= seen.refusal;
    } catch (error) {
      // A mailbox that is not there or not ours to read says nothing of the next one.
      if (!isMailkeepError(error, "no-mailbox", "forbidden", "throttled")) throw error;
      if (refusal === undefined || weight(error) > weight(refusal)) refusal = error;
    }
  }
  // An inbox that is empty proves nothing against one whose messages were refused.
  if (shut === undefined && opened !== undefined) return read("the inbox, which was empty,", opened);
  throw (
    shut ??
    (refusal && (await rightNamed(refusal, tenant, tried))) ??
    new MailkeepError("no-mailbox", `none of ${tried} mailboxes could be read`, { reason: "NO_MAILBOX" })
  );
}

/** Exchange says "access denied" of every refusal; a token without any right to mail says which one it is. */
async function rightNamed(refusal: MailkeepError, tenant: OpenTenant, tried: number): Promise<MailkeepError> {
  const roles = await tenant.tokenRoles();
  if (refusal.reason !== "ErrorAccessDenied" || roles === undefined) return refusal;
  if (roles.some((role) => role.startsWith("Mail."))) return refusal;
  const { status, requestId } = refusal;
  const whom = "if a scope of RBAC for Applications lets it into others, name one of those as mailbox";
  const message = `the token carries no right to mail, and none of ${tried} mailboxes lets the app in; ${whom}`;
  return new MailkeepError("forbidden", message, {
    reason: "MAIL_RIGHT_MISSING",
    asked: { request: "GET /users/{id}/mailFolders/inbox", code: refusal.reason },
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
  });
}
