// Pure: how a mailbox's part of a run ends, after reading to the end or after a fault.
import type { MailkeepError } from "../core/errors.js";
import type { Access } from "../mailboxes/access.js";
import { type MailboxRun, type MailboxStatus, outcomeOf, type Problem } from "../runs/run.js";
import { withProblem } from "./progress.js";

export interface Ending {
  status: MailboxStatus;
  reason?: string;
  refused?: true;
  tokenRefused?: true;
  problems?: Problem[];
}

/** After so many faults in a row without a commit in between the mailbox is given up for this run. */
const faultLimit = 5;
/** A token that was revoked is made up for within a minute or two, or by nobody; each of these tries fetches a fresh one. */
const tokenFaultLimit = 4;

export function endingOf(part: MailboxRun): Ending;
/** Undefined: the fault may pass, so another try is due. */
export function endingOf(part: MailboxRun, fault: MailkeepError): Ending | undefined;
export function endingOf(part: MailboxRun, fault?: MailkeepError): Ending | undefined {
  if (fault === undefined) return endingOfReading(part);
  const code = fault.reason ?? fault.code;
  const problem = {
    code,
    message: fault.message,
    ...(fault.requestId !== undefined && { requestId: fault.requestId }),
  };
  // What was said while it was still being tried is no longer true.
  const others = part.problems.filter((earlier) => earlier.code !== code || earlier.folderPath !== undefined);
  const ended = (status: MailboxStatus): Ending => ({
    status,
    reason: code,
    problems: withProblem(others, problem),
  });
  switch (fault.code) {
    case "no-mailbox":
      // Chosen by rule, it is simply not one of those to archive; named by a person, it is missing.
      return part.named ? ended("failed") : { status: "excluded", reason: code };
    case "forbidden":
      return { ...ended("failed"), ...(fault.edge === "graph" && { refused: true as const }) };
    case "unauthenticated":
      return part.faults + 1 >= tokenFaultLimit ? { ...ended("failed"), tokenRefused: true } : undefined;
    case "corrupt":
      return ended("failed");
    default:
      return part.faults + 1 >= faultLimit ? ended("failed") : undefined;
  }
}

/** A mailbox of which not one folder could be read is a failed one, whatever it was that kept them shut. */
function endingOfReading(part: MailboxRun): Ending {
  const [first] = part.problems;
  const nothingRead = part.folders.total > 0 && part.folders.done === 0 && part.tally.seen === 0;
  if (first !== undefined && nothingRead) return { status: "failed", reason: first.code };
  const { seen, quarantined } = part.tally;
  // A few old ones that are tried again and again beside a mailbox that was archived are their own fault.
  if (quarantined < manyUnread || quarantined < Math.max(seen, part.total)) return { status: outcomeOf(part) };
  const message = `none of ${quarantined} messages could be read: all are in quarantine, each with its reason`;
  return { status: outcomeOf(part), problems: withProblem(part.problems, { code: "NO_MESSAGE_READABLE", message }) };
}

/** So many messages without one that could be read are no accident of these messages. */
const manyUnread = 3;

/** Pure: how a mailbox ends that was refused not long ago and is not asked this time: a gap with a name. */
export function endingOfBarred({ reason, since, nextTestAt }: Access): Ending {
  const code = "ACCESS_REFUSED";
  const message = `refused to the app since ${since} (${reason ?? "403"}); not asked before ${nextTestAt ?? "the next test"}: a test or a run started by hand asks at once`;
  return { status: "failed", reason: code, refused: true, problems: [{ code, message }] };
}
