// Which mailboxes a test asks: those named for it, else those the profile names, else some of those its rule chooses. Each
// is looked up in the directory now, just as a run's sync does.
import { inParallel } from "../core/channel.js";
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { Places } from "../faults/explain.js";
import { classify, exclusionText } from "../mailboxes/classify.js";
import type { MailboxEntry } from "../mailboxes/mailbox.js";
import { type Resolution, resolve } from "../mailboxes/resolve.js";
import type { Unanswered } from "../mailboxes/strangers.js";
import type { DirectoryUser } from "../ports/directory.js";
import type { TenantEdge } from "../ports/tenants.js";
import { readName } from "../profiles/directory-name.js";
import type { ProfileInput } from "../profiles/profile.js";
import { failed, ok, type Probe, timed } from "./probe.js";
import { failureOf } from "./tenant-probes.js";

/** A test asks so many at most: a person waits for the answer. */
const mostTargets = 20;

export interface Target {
  /** As it was named. */
  asked: string;
  /** Absent when nobody has the name. */
  mailbox?: { id: MailboxId; address: string; displayName: string };
  /** As the directory has it now. */
  entry?: MailboxEntry;
  /** Whether the profile chooses it; null when that cannot be told. */
  inProfile: boolean | null;
  /** Why it does not. */
  leftOut?: string;
  probe: Probe;
}

/** Whom the profile chooses by the directory snapshot, and the snapshot as a whole. */
export interface Known extends Resolution {
  entries: MailboxEntry[];
  /** Names for which the directory did not answer. */
  unanswered?: Unanswered;
}

export interface Targets {
  targets: Target[];
  /** Chosen, and not tested. */
  left: number;
}

export interface TargetDeps {
  tenant: TenantEdge;
  clock: Clock;
  places: Places;
  /** The directory snapshot as the profile reads it; undefined when there is none. */
  resolution: Resolution | undefined;
  /** The first page of the directory, when it came. */
  users: DirectoryUser[];
}

export async function chooseTargets(
  profile: ProfileInput,
  asked: string[] | undefined,
  deps: TargetDeps,
): Promise<Targets> {
  const { mode, mailboxes } = profile.mailboxes;
  const names = asked ?? (mode === "single" || mode === "only" ? mailboxes : []);
  if (names.length > 0) return byName(profile, names, deps);
  const chosen = deps.resolution?.chosen.map(({ mailbox }) => mailbox) ?? firstOf(profile, deps.users);
  const targets = chosen.slice(0, mostTargets).map((entry): Target => {
    const { id, address, displayName } = entry;
    const probe = ok("address", `${mode === "only" ? "a group of the profile" : `mode ${mode}`} chooses it`);
    return { asked: address, mailbox: { id, address, displayName }, entry, inProfile: true, probe };
  });
  return { targets, left: chosen.length - targets.length };
}

/** What the profile names beyond single mailboxes, which are probed by themselves: its rule, its groups, its exceptions. */
export function selectionProbes(
  profile: ProfileInput,
  asked: string[] | undefined,
  { resolution, places, clock }: Pick<TargetDeps, "resolution" | "places" | "clock">,
): Probe[] {
  const { mode, mailboxes, groups } = profile.mailboxes;
  const byNameOnly = groups.length === 0 && (mode === "single" || mode === "only");
  if (asked !== undefined || byNameOnly) return [];
  if (resolution === undefined) return groups.length === 0 ? [] : [failed("selection", unsynced(places), clock)];
  const { chosen, excluded, unresolved } = resolution;
  const probed = new Set(mode === "only" ? mailboxes : []);
  const [first] = unresolved.filter(({ address }) => !probed.has(address));
  const found = {
    chosen: chosen.length,
    excluded: excluded.length,
    unresolved: unresolved.map(({ address }) => address),
  };
  if (first === undefined) return [ok("selection", `the profile chooses ${chosen.length} mailboxes`, found)];
  return [failed("selection", { code: first.reason, detail: first.message, found, places }, clock)];
}

/** Groups and distinguished names are read against the directory snapshot, and there is none yet. */
const unsynced = (places: Places) => ({
  code: "DIRECTORY_SYNC_REQUIRED",
  detail:
    "the directory was never read, so it is not known whom this chooses; POST /api/v1/directory/sync, then test again",
  places,
});

/** Without a snapshot the first page of the directory stands for it. */
const firstOf = (profile: ProfileInput, users: DirectoryUser[]): MailboxEntry[] =>
  resolve(profile, users.map(asEntry)).chosen.map(({ mailbox }) => mailbox);

async function byName(profile: ProfileInput, names: string[], deps: TargetDeps): Promise<Targets> {
  const some = [...new Set(names.map((name) => name.trim()))];
  const targets: Target[] = some.slice(0, mostTargets).map((asked) => ({
    asked,
    inProfile: null,
    probe: ok("address", ""),
  }));
  await inParallel(targets.entries(), 4, async ([at, { asked }]) => {
    targets[at] = await lookedUp(profile, asked, deps);
  });
  return { targets, left: some.length - targets.length };
}

async function lookedUp(profile: ProfileInput, asked: string, deps: TargetDeps): Promise<Target> {
  const { clock, tenant, places } = deps;
  let target: Omit<Target, "probe"> = { asked, inProfile: null };
  const probe = await timed(clock, async () => {
    try {
      const read = readName(asked);
      if (deps.resolution === undefined && "kind" in read && read.kind === "distinguishedName")
        return failed("address", unsynced(places), clock);
      const user = await tenant.directory.find(idOf(asked, deps.resolution) ?? asked);
      if (user === undefined) {
        const code = "ADDRESS_NOT_FOUND";
        return failed("address", { code, detail: `nobody in the directory has the name ${asked}`, places }, clock);
      }
      target = placed(profile, user, { asked, resolution: deps.resolution });
      return judged(user, asked, deps);
    } catch (error) {
      if (!isMailkeepError(error)) throw error;
      const known = fromSnapshot(asked, deps.resolution);
      if (known !== undefined) target = { ...target, ...known };
      return failed("address", failureOf(error, "GET /users/{id}", places), clock);
    }
  });
  return { ...target, probe };
}

/** Names that only the snapshot can resolve, such as distinguished names. */
function idOf(asked: string, resolution: Resolution | undefined): string | undefined {
  const all = [...(resolution?.chosen ?? []), ...(resolution?.excluded ?? [])];
  const byName = all.find(({ selectedBy: { name, how } }) => name === asked && how !== "group" && how !== "container");
  return byName?.mailbox.id;
}

function judged(user: DirectoryUser, asked: string, { clock, places }: TargetDeps): Probe {
  const candidacy = classify(user);
  const { address } = asEntry(user);
  if (candidacy.kind === "excluded") {
    const detail = exclusionText[candidacy.reason] ?? candidacy.reason;
    return failed("address", { code: candidacy.reason, detail, places: { ...places, mailbox: address } }, clock);
  }
  const how = asked.toLowerCase() === address ? "it is the primary address" : `resolved to ${address}`;
  const found = {
    id: user.id,
    address,
    displayName: user.displayName,
    accountEnabled: user.accountEnabled,
    ...(user.hasExchangePlan !== undefined && { hasExchangePlan: user.hasExchangePlan }),
  };
  // Shared mailboxes, rooms and leavers are disabled accounts as a rule, and readable.
  const account = user.accountEnabled ? "" : "; the account is disabled, as that of a shared mailbox is";
  return ok("address", `${how}${account}`, found);
}

function placed(
  profile: ProfileInput,
  user: DirectoryUser,
  { asked, resolution }: { asked: string; resolution: Resolution | undefined },
): Omit<Target, "probe"> {
  const entry = asEntry(user);
  const { id, address, displayName } = entry;
  const found = { mailbox: { id, address, displayName }, entry };
  const base = { asked, ...(classify(user).kind === "candidate" && found) };
  if (resolution?.chosen.some(({ mailbox }) => mailbox.id === id)) return { ...base, inProfile: true };
  const left = resolution?.excluded.find(({ mailbox }) => mailbox.id === id);
  if (left !== undefined) return { ...base, inProfile: false, leftOut: left.reason };
  // Not in the snapshot: what a sync would make of it, where no group decides.
  const alone = resolve(profile, [entry]);
  if (alone.chosen.length > 0) return { ...base, inProfile: true };
  const reason = alone.excluded[0]?.reason ?? "NOT_CHOSEN_BY_PROFILE";
  return { ...base, inProfile: profile.mailboxes.groups.length > 0 ? null : false, leftOut: reason };
}

function fromSnapshot(asked: string, resolution: Resolution | undefined): Partial<Target> | undefined {
  const all = [...(resolution?.chosen ?? []), ...(resolution?.excluded ?? [])].map(({ mailbox }) => mailbox);
  const wanted = asked.toLowerCase();
  const found = all.find(
    ({ id, address, userPrincipalName, addresses }) =>
      [id, address, userPrincipalName].some((name) => name.toLowerCase() === wanted) || addresses.includes(wanted),
  );
  if (found === undefined) return undefined;
  const { id, address, displayName } = found;
  return { mailbox: { id, address, displayName } };
}

function asEntry(user: DirectoryUser): MailboxEntry {
  const candidacy = classify(user);
  return {
    id: user.id,
    connection: "default" as MailboxEntry["connection"],
    displayName: user.displayName,
    userPrincipalName: user.userPrincipalName,
    address: user.mail ?? user.addresses[0] ?? user.userPrincipalName,
    addresses: user.addresses,
    accountEnabled: user.accountEnabled,
    kind: "unknown",
    seenAt: "",
    ...(candidacy.kind === "excluded" && { excluded: candidacy.reason }),
  };
}
