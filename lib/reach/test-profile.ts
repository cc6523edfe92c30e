// The access test: the calls of a run with the identity of a run, one by one, and for each mailbox. Says what works, what
// does not, why, and what mends it. Nothing of any mail leaves here.
import { inParallel } from "../core/channel.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { minute, second } from "../core/time.js";
import type { Places } from "../faults/explain.js";
import {
  type Access,
  afterRead,
  afterRefusal,
  findAccess,
  isAnybodyReadable,
  noteAccess,
} from "../mailboxes/access.js";
import type { ClaimDeps } from "../mailboxes/claim.js";
import type { MailboxEntry } from "../mailboxes/mailbox.js";
import type { Assignment } from "../mailboxes/overrides.js";
import type { Resolution } from "../mailboxes/resolve.js";
import { withMailbox } from "../mailboxes/with-mailbox.js";
import type { ApplicationRight } from "../ports/exchange-admin.js";
import type { TenantEdge, TokenFacts } from "../ports/tenants.js";
import type { ProfileInput } from "../profiles/profile.js";
import { type MailboxSettings, ruleIn, sealProfile, settingsFor } from "../profiles/settings.js";
import { judgeOf } from "../profiles/verdict.js";
import { diagnose } from "./diagnose.js";
import { type MailboxProbed, probeMailbox } from "./mailbox-probes.js";
import { assignTo, overrideProbes } from "./override-probes.js";
import { failed, type Probe, type ProbeName, skipped } from "./probe.js";
import { type AccessTest, type MailboxTest, reportOf } from "./report.js";
import { probeStorage, type StorageDeps } from "./storage-probes.js";
import { chooseTargets, type Known, selectionProbes, type Target } from "./targets.js";
import { type ExchangeWish, placesOf, probeDirectory, probeExchange, probeToken } from "./tenant-probes.js";
import { within } from "./within.js";
import { probeWriter } from "./writer-probe.js";

export interface TestDeps extends StorageDeps, Omit<ClaimDeps, "rows" | "clock" | "random"> {
  tenant: TenantEdge;
  /** The directory snapshot as the profile reads it; undefined when there is none. */
  resolve(profile: ProfileInput): Promise<Known | undefined>;
}

export interface TestRequest {
  profile: ProfileInput;
  /** Test these instead of those the profile chooses. */
  mailboxes?: string[] | undefined;
}

/** An HTTP answer must be out within 230 s; this leaves time for what is in flight to end. */
const budgetMs = 3 * minute;
/** A run may wait longer for one answer; a person who tests should not. */
const longestRequestMs = 60 * second;
const mailboxesAtOnce = 4;
const mailboxProbes: ProbeName[] = ["mailbox", "kind", "folders", "metadata", "mime"];

export async function testProfile({ profile, mailboxes }: TestRequest, deps: TestDeps): Promise<AccessTest> {
  const { clock, tenant } = deps;
  const began = clock.monotonicMs();
  const token = await probeToken(tenant, deps);
  const facts: TokenFacts = token.facts ?? { roles: undefined };
  const places = placesOf(facts);
  const storing = probeStorage(deps, places);
  const { settings } = sealProfile(profile);
  const rule = ruleIn(settings);
  const writing = probeWriter(rule, tenant, deps);
  const directory = token.facts === undefined ? noDirectory(token.probe) : await probeDirectory(tenant, places, deps);
  const storage = await storing;
  const probes = [token.probe, directory.probe, ...storage];
  // Without an answer of any kind there is nothing to be learnt from asking twenty times more.
  const unasked =
    token.facts === undefined || isMailkeepError(directory.error, "unavailable", "unauthenticated", "throttled");
  const resolution = isOk(storage, "tables") && !unasked ? await deps.resolve(profile) : undefined;
  const chosen = unasked
    ? { targets: [], left: (mailboxes ?? profile.mailboxes.mailboxes).length }
    : await chooseTargets(profile, mailboxes, { tenant, clock, places, resolution, users: directory.users });
  const assignment = assignTo(settings, chosen.targets, resolution);
  const settingsOf = (mailbox: Pick<MailboxEntry, "id">) => settingsFor(settings, assignment.of(mailbox));
  const exchange = unasked
    ? []
    : [
        await probeExchange(tenant, exchangeWish(profile, chosen.targets, { resolution, settingsOf }), {
          ...deps,
          places,
        }),
      ];
  const round = { deps, places, settingsOf, deadlineMs: began + budgetMs, canClaim: isOk(storage, "tables") };
  const tested = await testAll(chosen.targets, round);
  const judged = await judge(tested, { facts, deps, places, assignment });
  return reportOf({
    profile,
    facts,
    probes: [
      ...probes,
      ...(unasked ? [] : selectionProbes(profile, mailboxes, { resolution, places, clock })),
      ...(unasked ? [] : overrideProbes(assignment, { known: resolution, places, clock })),
      ...exchange,
      ...(await writing),
    ],
    mailboxes: judged,
    left: chosen.left,
    at: clock.now(),
    ms: Math.round(clock.monotonicMs() - began),
    hasSnapshot: resolution !== undefined,
  });
}

function exchangeWish(
  { mailboxes: { groups } }: Pick<ProfileInput, "mailboxes">,
  targets: Target[],
  { resolution, settingsOf }: { resolution: Resolution | undefined; settingsOf: SettingsOf },
): ExchangeWish {
  const isDynamic = (name: string) =>
    resolution?.groups.some((group) => group.name === name && ["dynamicDistribution", "unknown"].includes(group.kind));
  const deletes = ({ mailbox }: Target) => mailbox !== undefined && settingsOf(mailbox).deletion.mode !== "none";
  const holdsOf = targets.find(deletes)?.mailbox?.id;
  return { holdsOf, group: groups.find(isDynamic) };
}

const isOk = (probes: Probe[], name: ProbeName): boolean =>
  probes.some((probe) => probe.name === name && probe.status === "ok");

const noDirectory = ({ code = "UNAUTHENTICATED" }: Probe) => ({
  users: [],
  probe: skipped("directory", code, "not asked: there is no token to ask with"),
  error: undefined,
});

/** What holds for a mailbox of the profile. */
type SettingsOf = (mailbox: Pick<MailboxEntry, "id">) => MailboxSettings;

interface Round {
  deps: TestDeps;
  places: Places;
  settingsOf: SettingsOf;
  /** By the monotonic clock. */
  deadlineMs: number;
  /** Claims are rows: where tables cannot be written nobody may speak to a mailbox. */
  canClaim: boolean;
}

interface Tested extends Partial<MailboxProbed> {
  target: Target;
  probes: Probe[];
  before?: Access | undefined;
}

async function testAll(targets: Target[], round: Round): Promise<Tested[]> {
  const tested: Tested[] = targets.map((target) => ({ target, probes: [] }));
  await inParallel(tested.entries(), mailboxesAtOnce, async ([at, { target }]) => {
    tested[at] = await testOne(target, round);
  });
  return tested;
}

async function testOne(target: Target, round: Round): Promise<Tested> {
  const { deps, deadlineMs, canClaim } = round;
  const { mailbox, probe } = target;
  const notAsked = (code: string, detail: string): Tested => ({
    target,
    probes: mailboxProbes.map((name) => skipped(name, code, detail)),
  });
  if (mailbox === undefined) return notAsked(probe.code ?? "ADDRESS_NOT_FOUND", "not asked: there is nobody to ask");
  if (!canClaim) return notAsked("UNAVAILABLE", "not asked: without tables there is no claim to a mailbox");
  if (deps.clock.monotonicMs() >= deadlineMs) return notAsked("NOT_TESTED_IN_TIME", "not asked: the time was up");
  const before = await findAccess(deps.rows, mailbox.id);
  const places = { ...round.places, mailbox: mailbox.address };
  const settings = round.settingsOf(mailbox);
  const requestTimeoutMs = Math.min(settings.requestTimeoutSeconds * second, longestRequestMs);
  const probed = await withMailbox(
    mailbox.id,
    { ...deps, mail: deps.tenant.mail, requestTimeoutMs, extra: judgeOf(settings.filter).asks },
    async (reader, claim) => {
      const stop = deps.ticker.every(second, () => {
        if (deps.clock.monotonicMs() >= deadlineMs) claim.abort(timeIsUp());
      });
      try {
        return await probeMailbox(reader, { clock: deps.clock, places, folders: settings.folders });
      } finally {
        stop();
      }
    },
  );
  if (probed === undefined) return { ...notAsked("MAILBOX_BUSY", "a run is at this mailbox just now"), before };
  return { ...probed, target, before };
}

const timeIsUp = () => new MailkeepError("cancelled", "the time of the test was up", { reason: "NOT_TESTED_IN_TIME" });

/** Exchange's own view is asked for so many refused mailboxes: each answer takes it a second. */
const mostRights = 5;
const longestViewMs = 15 * second;

/** What was learnt of each mailbox is written down, and each refusal told apart from the others. */
async function judge(
  tested: Tested[],
  { facts, deps, places, assignment }: { facts: TokenFacts; deps: TestDeps; places: Places; assignment: Assignment },
): Promise<MailboxTest[]> {
  const { rows, clock } = deps;
  const canWrite = tested.some(({ before, readable }) => before !== undefined || readable !== undefined);
  const othersReadable =
    tested.some(({ readable }) => readable === true) ||
    (canWrite && (await isAnybodyReadable(rows, clock.now(), ["scopedApp", "unknown"])));
  const judged: MailboxTest[] = [];
  const rightsOf = exchangeView(facts, deps);
  for (const one of tested) {
    const { target, refusal, readable, before } = one;
    const id = target.mailbox?.id;
    let access = before;
    let { probes } = one;
    if (id !== undefined && readable === true)
      access = await noteAccess(id, (known) => afterRead(known, id, { roles: facts.roles, now: clock.now() }), deps);
    if (id !== undefined && refusal !== undefined) {
      const rights = await rightsOf(id);
      const { namesPolicy } = refusal;
      const cause = diagnose({
        ...{ roles: facts.roles, rights, before, othersReadable, namesPolicy },
        lists: one.lists === true,
      });
      const all = { ...places, mailbox: target.mailbox?.address };
      probes = probes.map((probe) => (isRefused(probe, refusal) ? renamed(probe, cause, { all, clock }) : probe));
      access = await noteAccess(id, (known) => afterRefusal(known, id, { fault: refusal, now: clock.now() }), deps);
    }
    const override = target.mailbox && assignment.of(target.mailbox);
    judged.push({ target, override, probes: [target.probe, ...probes], access });
  }
  return judged;
}

const isRefused = ({ status, code }: Probe, { reason, code: own }: MailkeepError): boolean =>
  status === "failed" && code === (reason ?? own);

/** The refusal under the name of its cause; Exchange's own word stays in the evidence. */
function renamed(
  probe: Probe,
  { code, detail }: { code: string; detail: string },
  { all, clock }: { all: Places; clock: TestDeps["clock"] },
): Probe {
  const { evidence, found, ms } = probe;
  const again = failed(
    probe.name,
    { code, detail, places: all, ...(evidence && { evidence }), ...(found && { found }) },
    clock,
  );
  return { ...again, ms };
}

/**
 * What Exchange itself says of the app and a mailbox. Undefined when it cannot be asked: its administration is a right of
 * its own, which archiving does without; who is refused once is not asked again.
 */
function exchangeView({ appId }: TokenFacts, { tenant, ...timing }: TestDeps) {
  let left = appId === undefined ? 0 : mostRights;
  return async (mailbox: MailboxId): Promise<ApplicationRight[] | undefined> => {
    if (left-- <= 0) return undefined;
    const answer = tenant.exchange.applicationRights(appId ?? "", mailbox);
    try {
      return await within(longestViewMs, answer, timing);
    } catch (error) {
      if (!isMailkeepError(error)) throw error;
      left = 0;
      return undefined;
    }
  };
}
