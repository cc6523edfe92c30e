// The control surface for a tenant in another process: `/_tenant/…`, JSON in, JSON out, same bearer token.
import type { IncomingMessage } from "node:http";
import { type Answer, graphError, json, Refusal } from "./answer.js";
import { readJson } from "./body.js";
import type { TenantState } from "./call.js";
import type { MailboxControl } from "./control.js";
import type { SampleApplicationRight } from "./directory.js";
import type { AdministrativeUnit, DynamicGroup, Group } from "./groups.js";
import type { FlagStatus } from "./mailbox.js";
import type { Absence, MailboxHolds, Person } from "./people.js";
import { type AccessPolicy, makeToken, sampleAppId } from "./rights.js";

/** A 150 MB message in base64 still fits. */
const controlBodyLimit = 256 * 1024 * 1024;

interface Orders {
  mailbox: string;
  folder: string;
  message: string;
  /** Base64 of the message, or its text in `text`. */
  eml?: string;
  text?: string;
  receivedAt?: string;
  isRead?: boolean;
  isDraft?: boolean;
  categories?: string[];
  flag?: FlagStatus;
  displayName: string;
  parent?: string;
  person: Person;
  change: Partial<Person>;
  absent?: Absence;
  group: Group;
  name: string;
  dynamicGroup: DynamicGroup;
  unit: AdministrativeUnit;
  holds: MailboxHolds;
  organizationHolds: string[];
  rights: SampleApplicationRight[];
  policies: AccessPolicy[];
  roles: string[];
  appId?: string;
  expiresAt?: string;
}

type Verb = (control: MailboxControl, orders: Orders) => unknown;

const verbs: Record<string, Verb> = {
  deliver: (c, o) => ({ id: c.deliver(o.mailbox, o.folder, delivery(o)) }),
  move: (c, o) => c.move(o.mailbox, o.message, o.folder),
  remove: (c, o) => c.remove(o.mailbox, o.message),
  purge: (c, o) => c.purge(o.mailbox, o.message),
  markRead: (c, o) => c.markRead(o.mailbox, o.message, o.isRead),
  flag: (c, o) => c.flag(o.mailbox, o.message, o.flag),
  categorise: (c, o) => c.categorise(o.mailbox, o.message, o.categories ?? []),
  editDraft: (c, o) => c.editDraft(o.mailbox, o.message, bytesOf(o)),
  createFolder: (c, o) => ({ id: c.createFolder(o.mailbox, o.displayName, o.parent) }),
  renameFolder: (c, o) => c.renameFolder(o.mailbox, o.folder, o.displayName),
  moveFolder: (c, o) => c.moveFolder(o.mailbox, o.folder, o.parent ?? "msgfolderroot"),
  deleteFolder: (c, o) => c.deleteFolder(o.mailbox, o.folder),
  expireDeltaTokens: (c, o) => c.expireDeltaTokens(o.mailbox, o.folder),
  addPerson: (c, o) => c.addPerson(o.person),
  removePerson: (c, o) => c.removePerson(o.mailbox),
  changePerson: (c, o) => c.changePerson(o.mailbox, o.change),
  loseMailbox: (c, o) => c.loseMailbox(o.mailbox, o.absent),
  expireDirectoryTokens: (c) => c.expireDirectoryTokens(),
  putGroup: (c, o) => c.putGroup(o.group),
  removeGroup: (c, o) => c.removeGroup(o.name),
  putUnit: (c, o) => c.putUnit(o.unit),
  putDynamicGroup: (c, o) => c.putDynamicGroup(o.dynamicGroup),
  hold: (c, o) => c.hold(o.mailbox, o.holds),
  holdOrganization: (c, o) => c.holdOrganization(o.organizationHolds),
  setAccessPolicies: (c, o) => c.setAccessPolicies(o.policies),
  grantApplications: (c, o) => c.grantApplications(o.rights),
};

function bytesOf({ eml, text }: Orders): Buffer {
  return eml === undefined ? Buffer.from(text ?? "") : Buffer.from(eml, "base64");
}

function delivery(orders: Orders) {
  const { receivedAt, isRead, isDraft, categories } = orders;
  return {
    eml: bytesOf(orders),
    ...(receivedAt === undefined ? {} : { receivedAt: new Date(receivedAt) }),
    ...(isRead === undefined ? {} : { isRead }),
    ...(isDraft === undefined ? {} : { isDraft }),
    ...(categories === undefined ? {} : { categories }),
  };
}

export interface ControlState {
  state: TenantState;
  mailboxes: MailboxControl;
  token: string;
}

export async function controlAnswer(request: IncomingMessage, control: ControlState): Promise<Answer> {
  if (request.headers.authorization !== `Bearer ${control.token}`)
    return graphError(401, "Unauthorized", "Send the tenant's token.");
  const url = new URL(request.url ?? "/", "http://tenant");
  const verb = url.pathname.slice("/_tenant/".length);
  try {
    const body = request.method === "GET" ? undefined : await readJson(request, controlBodyLimit);
    const answer = request.method === "GET" ? look(verb, url.searchParams, control) : act(verb, body, control);
    return answer ?? graphError(404, "NotFound", `The control surface knows no ${request.method} ${verb}.`);
  } catch (cause) {
    if (cause instanceof Refusal) return cause.answer;
    return graphError(400, "BadOrder", cause instanceof Error ? cause.message : String(cause));
  }
}

function look(what: string, query: URLSearchParams, { state, mailboxes }: ControlState): Answer | undefined {
  const mailbox = query.get("mailbox") ?? "";
  if (what === "mailboxes") return json(mailboxes.list());
  if (what === "folders") return json(mailboxes.folders(mailbox));
  if (what === "inventory") return json(mailboxes.inventory(mailbox));
  if (what === "counters") return json(state.counters.snapshot());
  if (what === "requests") return json(state.counters.requests);
  if (what === "faults") return json(state.faults.settings);
  if (what !== "mime") return undefined;
  const parts = [mailboxes.mime(mailbox, query.get("message") ?? "")];
  return { status: 200, headers: {}, body: { kind: "parts", parts, contentType: "message/rfc822" } };
}

function tokenFor({ roles, appId = sampleAppId, expiresAt }: Orders, secret: string): string {
  return makeToken({ roles, appId, ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }) }, secret);
}

function act(verb: string, body: unknown, { state, mailboxes, token }: ControlState): Answer | undefined {
  if (verb === "token") return json({ token: tokenFor(body as Orders, token) });
  if (verb === "faults") {
    state.faults.set(body as Parameters<typeof state.faults.set>[0]);
    return json(state.faults.settings);
  }
  if (verb === "clearFaults") {
    state.faults.clear();
    return json(state.faults.settings);
  }
  if (verb === "resetCounters") {
    state.counters.reset();
    return json({});
  }
  const order = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  return order && json(order(mailboxes, (body ?? {}) as Orders) ?? {});
}
