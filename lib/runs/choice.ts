// Pure: what a run keeps of how its mailboxes were chosen, and of who came and went since the run before it.
import type { MailboxId } from "../core/ids.js";
import type { Choice } from "../mailboxes/choose.js";
import type { Expansion } from "../mailboxes/expansion.js";
import type { MailboxEntry } from "../mailboxes/mailbox.js";
import type { Assignment, OverridePlace, OverrideProblem } from "../mailboxes/overrides.js";
import type { Resolution, SelectedBy, Unresolved } from "../mailboxes/resolve.js";
import type { Snapshot } from "../mailboxes/snapshot.js";
import type { Profile } from "../profiles/profile.js";
import { isGap, type MailboxRun, newMailboxRun, type Problem, type Run } from "./run.js";

/** Lists in a run are there to be read; the counts beside them are whole. */
const mostShown = { groups: 100, nested: 50, ignored: 20, people: 100, overrides: 100 };

/** How the profile's groups were expanded. */
export interface RunSelection {
  mode: Profile["mailboxes"]["mode"];
  groups: {
    /** As the profile writes it. */
    name: string;
    kind: Expansion["kind"];
    displayName: string;
    /** Members who are users, those of nested groups included; one who is in two of them counts twice. */
    users: number;
    /** The ways to the groups in the group: `legal@… > paralegals@…`. */
    nested: string[];
    nestedCount: number;
    ignored: { name: string; reason: string }[];
    ignoredCount: number;
  }[];
  /** Whom the overrides of the profile mean; runs from before there were overrides do not say. */
  overrides?: (Omit<OverridePlace, "mailbox" | "problem"> & {
    mailbox: string | null;
    address: string | null;
    problem: OverrideProblem["code"] | null;
  })[];
  overridesCount?: number;
}

export function selectionOf(
  { groups }: Resolution,
  mode: RunSelection["mode"],
  { places }: Pick<Assignment, "places"> = { places: [] },
): RunSelection {
  return {
    mode,
    ...overridesOf(places),
    groups: groups.slice(0, mostShown.groups).map(({ name, kind, displayName, people, nested, ignored }) => ({
      name,
      kind,
      displayName,
      users: people.length,
      nested: nested.slice(0, mostShown.nested).map((path) => path.join(" > ")),
      nestedCount: nested.length,
      ignored: ignored.slice(0, mostShown.ignored).map((one) => ({ name: one.name || one.id, reason: one.reason })),
      ignoredCount: ignored.length,
    })),
  };
}

/** Those that hold for nobody come first: a person should see them. */
function overridesOf(places: OverridePlace[]): Required<Pick<RunSelection, "overrides" | "overridesCount">> {
  const inOrder = [...places.filter(({ problem }) => problem), ...places.filter(({ problem }) => !problem)];
  return {
    overrides: inOrder.slice(0, mostShown.overrides).map(({ index, name, mailbox, replaces, problem }) => ({
      index,
      name,
      mailbox: mailbox?.id ?? null,
      address: mailbox?.address ?? null,
      replaces,
      problem: problem?.code ?? null,
    })),
    overridesCount: places.length,
  };
}

export interface Somebody {
  id: MailboxId;
  address: string;
}

/** The directory as the run found it. */
export interface RunDirectory {
  syncedAt: string;
  /** The sync that the run before this one of the same profile worked with; null when it is the first. */
  since: string | null;
  /** Who came with a mailbox, and who left, between the two. */
  joined: Somebody[];
  joinedCount: number;
  left: Somebody[];
  leftCount: number;
}

export function directoryOf({ entries, syncedAt }: Snapshot, previous: Run | undefined): RunDirectory {
  const since = previous?.directory?.syncedAt ?? null;
  const isNew = (at: string | undefined) => since !== null && at !== undefined && at > since;
  const somebody = ({ id, address }: MailboxEntry) => ({ id, address });
  const joined = entries.filter(({ joinedAt, excluded }) => excluded === undefined && isNew(joinedAt)).map(somebody);
  // Guests and people without a mailbox had nothing that could stop being archived.
  const left = entries.filter(({ leftAt, kind }) => kind !== "none" && isNew(leftAt)).map(somebody);
  return {
    syncedAt,
    since,
    joined: joined.slice(0, mostShown.people),
    joinedCount: joined.length,
    left: left.slice(0, mostShown.people),
    leftCount: left.length,
  };
}

export function partsOf(
  run: Run,
  { chosen, excluded, assignment }: Choice & { assignment: Omit<Assignment, "places"> },
  now: Date,
): MailboxRun[] {
  const part = ({ id, address, displayName }: MailboxEntry, named: boolean, selectedBy: SelectedBy): MailboxRun => ({
    ...newMailboxRun(run.id, { mailbox: id, address, displayName, named }, now),
    selectedBy,
  });
  return [
    ...chosen.map(({ mailbox, named, selectedBy }): MailboxRun => {
      const override = assignment.of(mailbox);
      const mayBeExempt = assignment.mayMissExemption;
      return {
        ...part(mailbox, named, selectedBy),
        ...(override && { override }),
        ...(mayBeExempt && { mayBeExempt }),
      };
    }),
    ...excluded.map(
      ({ mailbox, reason, selectedBy }): MailboxRun => ({
        ...part(mailbox, false, selectedBy),
        status: "excluded",
        reason,
        endedAt: now.toISOString(),
      }),
    ),
  ];
}

const mostProblems = 100;

const problemOf = ({ reason, message }: Unresolved): Problem => ({ code: reason, message });

export const gapsOf = ({ unresolved }: Resolution): Problem[] => unresolved.slice(0, mostProblems).map(problemOf);

/** The same of the overrides, of which each mailbox keeps its own. */
export function overrideProblemsOf({ places }: Pick<Assignment, "places">): Problem[] {
  const all = places.flatMap(({ problem }) => problem ?? []);
  return [...all.filter(isGap), ...all.filter((problem) => !isGap(problem))].slice(0, mostProblems);
}

/** Why nothing may be archived: whom an exception means is not known, so it might be anybody. Empty when all is well. */
export function obstaclesIn({ unresolved }: Resolution): Problem[] {
  const fatal = unresolved.filter((one) => one.fatal).slice(0, mostProblems);
  return fatal.map(problemOf).map(({ code, message }) => ({
    code,
    message: `${message}; nothing was archived, since whoever is meant must not be`,
  }));
}
