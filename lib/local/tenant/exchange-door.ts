// Exchange Online's administration on the sample tenant: the Admin API v2.0 and InvokeCommand (facts/graph.md G).
import { type Answer, json } from "./answer.js";
import type { TenantState } from "./call.js";
import { cmdlets, type Outcome } from "./cmdlets.js";
import { tenantId } from "./directory.js";
import { companyDomain } from "./people.js";

/** How Exchange behaves; `usualExchange` is the well-behaved one. */
export interface ExchangeHabits {
  /** `none`: the application has no role in Exchange: 403 with NUL bytes. `documented`, `invoke`: one of the doors only. */
  access: "full" | "none" | "documented" | "invoke";
  /** Whether the tenant has the Admin API v2.0: 404 otherwise. */
  documentedEnabled: boolean;
  /** Rows on a page; a caller may ask for fewer. */
  pageSize: number;
  /** A next page is always refused, as when the backend was not met again. */
  pagingDies: boolean;
  /** The first result page ends the list with a warning that there is more. */
  leavesRestBehind: boolean;
}

export const usualExchange: ExchangeHabits = {
  access: "full",
  documentedEnabled: true,
  pageSize: 1_000,
  pagingDies: false,
  leavesRestBehind: false,
};

export interface ExchangeCall {
  url: string;
  header(name: string): string | undefined;
  body: unknown;
}

/** The endpoints of v2.0 and the cmdlets each takes. */
const documented: Record<string, string[]> = {
  mailbox: ["Get-Mailbox"],
  dynamicdistributiongroupmember: ["Get-DynamicDistributionGroupMember"],
};

/** `InvokeCommand Get-Mailbox`, for the log and for fault rules. */
export function exchangeRoute(path: string, body: unknown): string {
  const door = path.split("/").at(-1) ?? "";
  return `POST /adminapi/${door} ${inputOf(body)?.CmdletName ?? ""}`.trim();
}

export function exchangeAnswer(state: TenantState, { url, header, body }: ExchangeCall): Answer {
  const { pathname, searchParams } = new URL(url, "http://tenant");
  const [, , version = "", tenant = "", door = ""] = pathname.split("/");
  const habits = state.faults.settings.exchange;
  const isDocumented = version === "v2.0";
  if (habits.access === "none" || habits.access === (isDocumented ? "invoke" : "documented")) return nulBytes();
  if (![tenantId, companyDomain].includes(tenant.toLowerCase())) return nulBytes();
  const input = inputOf(body);
  const name = input?.CmdletName ?? "";
  const isThere = isDocumented
    ? habits.documentedEnabled && documented[door.toLowerCase()]?.includes(name)
    : version === "beta" && door.toLowerCase() === "invokecommand" && Object.hasOwn(cmdlets, name);
  const run = isThere ? cmdlets[name] : undefined;
  if (isDocumented && !isThere) return { status: 404, headers: {}, body: { kind: "empty" } };
  if (run === undefined) return exchangeError(404, "CommandNotFoundException", `The term '${name}' is not recognized.`);
  const parameters = input?.Parameters;
  if (parameters === null || typeof parameters !== "object")
    return exchangeError(400, "ParameterBindingException", "Parameters must be an object.");
  const outcome = run(parameters as Record<string, unknown>, state);
  if ("missing" in outcome) {
    const text = `The operation couldn't be performed because object '${outcome.missing}' couldn't be found.`;
    return exchangeError(404, "ManagementObjectNotFoundException", text);
  }
  if ("wrong" in outcome) return exchangeError(400, outcome.wrong, "A parameter cannot be found that matches.");
  return page(outcome, {
    state,
    habits,
    pathname,
    skip: searchParams.get("$skiptoken"),
    anchor: header("x-anchormailbox"),
  });
}

interface Input {
  CmdletName: string;
  Parameters: unknown;
}

function inputOf(body: unknown): Input | undefined {
  const input = typeof body === "object" && body !== null && "CmdletInput" in body ? body.CmdletInput : undefined;
  return typeof input === "object" && input !== null && "CmdletName" in input ? (input as Input) : undefined;
}

interface PageContext {
  state: TenantState;
  habits: ExchangeHabits;
  pathname: string;
  skip: string | null;
  anchor: string | undefined;
}

/** The token is bound to the backend that the anchor mailbox led to. */
function page({ rows }: Extract<Outcome, { rows: unknown }>, context: PageContext): Answer {
  const { state, habits, pathname, skip, anchor = "" } = context;
  const [from = "0", boundTo = ""] = skip === null ? [] : Buffer.from(skip, "base64url").toString().split(" ");
  if (skip !== null && (habits.pagingDies || boundTo !== anchor))
    return exchangeError(
      400,
      "PaginationException",
      "Expired or Invalid pagination request. Default Expiry time is 00:30:00",
    );
  const start = Number(from);
  const end = start + habits.pageSize;
  const more = end < rows.length;
  const token = Buffer.from(`${end} ${anchor}`).toString("base64url");
  const warns = habits.leavesRestBehind || more;
  const warning =
    "There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.";
  return json({
    "@odata.context": `${state.origin}/adminapi/beta/${tenantId}/$metadata#Collection(Exchange.GenericHashTable)`,
    ...(more && !habits.leavesRestBehind && { "@odata.nextLink": `${state.origin}${pathname}?%24skiptoken=${token}` }),
    "adminapi.warnings@odata.type": "#Collection(String)",
    "@adminapi.warnings": warns ? [warning] : [],
    value: rows.slice(start, end).map(withSidecars),
  });
}

/** Lists come with a property beside them that says what they are. */
function withSidecars(row: Record<string, unknown>): Record<string, unknown> {
  const all = Object.entries(row).flatMap(([name, value]) =>
    Array.isArray(value)
      ? [
          [`${name}@odata.type`, "#Collection(String)"],
          [name, value],
        ]
      : [[name, value]],
  );
  return Object.fromEntries(all as [string, unknown][]);
}

/** What stands at the door for who has no role: no JSON at all. */
const nulBytes = (): Answer => ({
  status: 403,
  headers: {},
  body: { kind: "text", text: "\0".repeat(512), contentType: "application/json" },
});

/** The real text is hidden two levels down (G.1). */
function exchangeError(status: number, exception: string, text: string): Answer {
  const type = `Microsoft.Exchange.Configuration.Tasks.${exception}`;
  const error = {
    code: status === 404 ? "NotFound" : "BadRequest",
    message: "Error executing cmdlet",
    details: [{ code: "Context", target: "", message: `Ex6F9304|${type}|${text}` }],
    innererror: {
      message: "Error executing cmdlet",
      type: "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
      stacktrace: "",
      internalexception: { message: text, type, stacktrace: "" },
    },
  };
  return json({ error, "@adminapi.warnings": [] }, status);
}
