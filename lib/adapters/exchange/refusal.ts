// What a refusal of Exchange means: worth another try, an absence, or an error of ours.
import { MailkeepError } from "../../core/errors.js";
import type { Fault } from "../graph/fault.js";
import type { Refused } from "./answer.js";

const retryable = new Set([
  "CmdletProxyNotAvailableFailure",
  "ServerBusyException",
  "TransientException",
  "BackendCommunicationException",
]);

/** Another try may help, whatever the status says. */
export function isPassing({ status, code, type }: Refused): boolean {
  if (status === 408 || status === 425 || status === 429) return true;
  // 501: a cmdlet that this organisation does not have.
  if (status >= 500 && status !== 501) return true;
  return (code !== undefined && retryable.has(code)) || (type !== undefined && retryable.has(type));
}

/** The object that was named is not there. A bare 404 is no such thing: a door that is not there answers so, too. */
export const saysNotFound = ({ type }: Refused): boolean => type === "ManagementObjectNotFoundException";

/** The paging token is bound to a server that was not met again: what came so far is a part. */
export const saysPagingDied = ({ text }: Refused): boolean => /expired or invalid pagination request/i.test(text);

/** @returns what to throw for a refusal that outlived its retries */
export function refusalError(refused: Refused, cmdlet: string): MailkeepError {
  const { status, code, type, text } = refused;
  const said = text === "" ? "" : `: ${text}`;
  const reason = type ?? code ?? `HTTP_${status}`;
  if (status === 401)
    return new MailkeepError(
      "unauthenticated",
      "Exchange Online refuses the token; the application needs the role Exchange.ManageAsApp (Office 365 Exchange Online)",
      { reason: "EXCHANGE_TOKEN_REFUSED", status },
    );
  if (status === 403)
    return new MailkeepError(
      "forbidden",
      `Exchange Online does not let the application run ${cmdlet}${said}; besides the application role it needs a role in Exchange, e.g. View-Only Recipients (View-Only Configuration for Get-OrganizationConfig) or the Entra role Global Reader`,
      { reason: "EXCHANGE_FORBIDDEN", status },
    );
  if (status === 429) return new MailkeepError("throttled", "Exchange Online asks for a pause", { reason, status });
  if (isPassing(refused))
    return new MailkeepError("unavailable", `Exchange Online could not run ${cmdlet} (${status})${said}`, {
      reason,
      status,
    });
  return new MailkeepError("invalid", `Exchange Online refused ${cmdlet} (${status})${said}`, { reason, status });
}

const faultReasons: Record<Fault["kind"], string> = {
  unreachable: "EXCHANGE_UNREACHABLE",
  cut: "CONNECTION_CUT",
  timeout: "TIMEOUT",
  malformed: "MALFORMED_ANSWER",
  "too-large": "TOO_LARGE",
};

export function faultError(fault: Fault, cmdlet: string): MailkeepError {
  const reason = fault.reason ?? faultReasons[fault.kind];
  return new MailkeepError("unavailable", `Exchange Online gave no usable answer to ${cmdlet}: ${fault.message}`, {
    reason,
    cause: fault,
  });
}

/** An answer that may lack something is none. */
export const incomplete = (cmdlet: string, why: string): MailkeepError =>
  new MailkeepError("unavailable", `Exchange Online answered ${cmdlet} with a part of the result: ${why}`, {
    reason: "EXCHANGE_RESULT_INCOMPLETE",
  });
