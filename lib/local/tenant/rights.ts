// What a token lets its bearer do: application permissions as Entra puts them into tokens, RBAC for Applications and
// Application Access Policies as Exchange adds and takes away (facts/graph.md A.2, A.4, A.5).
import { createHmac } from "node:crypto";
import { type Answer, graphError } from "./answer.js";
import { dice, guid } from "./dice.js";
import { type SampleDirectory, tenantId } from "./directory.js";

export interface TokenRights {
  appId: string;
  roles: string[];
  expiresAt?: Date;
}

export interface AccessPolicy {
  appId: string;
  right: "RestrictAccess" | "DenyAccess";
  /** Object ids of the users in the policy's group. */
  members: string[];
}

export const sampleAppId: string = guid(dice("the application"));
const samplePrincipalId: string = guid(dice("the service principal"));

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const seal = (text: string, secret: string): string => createHmac("sha256", secret).update(text).digest("base64url");

/** A token that says what it carries, as Entra's do; only the tenant that made it takes it. */
export function makeToken({ roles, appId, expiresAt }: TokenRights, secret: string): string {
  const exp = Math.floor((expiresAt ?? new Date("2099-01-01T00:00:00Z")).getTime() / 1_000);
  const claims = { aud: "https://graph.microsoft.com", tid: tenantId, appid: appId, oid: samplePrincipalId };
  const text = `${part({ typ: "JWT", alg: "HS256" })}.${part({ ...claims, iat: 1_767_225_600, exp, ...(roles.length > 0 && { roles }) })}`;
  return `${text}.${seal(text, secret)}`;
}

/** Undefined when the token is not one of ours. */
export function readToken(token: string, secret: string): TokenRights | undefined {
  const [head = "", payload = "", signature = ""] = token.split(".");
  if (signature !== seal(`${head}.${payload}`, secret)) return undefined;
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  return { appId: claims.appid, roles: claims.roles ?? [], expiresAt: new Date(claims.exp * 1_000) };
}

const readsMail = ["Mail.Read", "Mail.ReadWrite"];
const listsMail = [...readsMail, "Mail.ReadBasic", "Mail.ReadBasic.All"];
const settings = ["MailboxSettings.Read", "MailboxSettings.ReadWrite"];
const directory = ["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const groups = [
  "Group.Read.All",
  "GroupMember.Read.All",
  "GroupMember.ReadBasic.All",
  "Group.ReadBasic.All",
  "Directory.Read.All",
];

const units = ["AdministrativeUnit.Read.All", "AdministrativeUnit.ReadWrite.All", "Directory.Read.All"];

/** A refusal, or undefined. */
export function directoryRefusal(rights: TokenRights, template: string): Answer | undefined {
  const wanted = template.startsWith("/directory/administrativeUnits")
    ? units
    : template.startsWith("/groups") || template.includes("emberOf")
      ? groups
      : directory;
  if (rights.roles.some((role) => wanted.includes(role))) return undefined;
  return graphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
}

function wantedFor(template: string, method: string): string[] {
  if (template.includes("/mailboxSettings")) return settings;
  if (template.includes("/settings/exchange")) return directory;
  if (method !== "GET") return ["Mail.ReadWrite"];
  return /\/\$value$|\/attachments/.test(template) ? readsMail : listsMail;
}

/** Entra's permissions less what a policy blocks, and besides them what RBAC for Applications grants: a union (A.4). */
export function mailboxRefusal(
  rights: TokenRights,
  { user, template, method }: { user: string; template: string; method: string },
  { applicationRights, accessPolicies }: SampleDirectory,
): Answer | undefined {
  const wanted = wantedFor(template, method);
  const scoped = applicationRights.some(
    ({ appId, role, scope, members }) =>
      appId === rights.appId && wanted.includes(role) && (scope === undefined || (members ?? []).includes(user)),
  );
  if (scoped) return undefined;
  const consented = rights.roles.some((role) => wanted.includes(role));
  if (!consented) return graphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.");
  const blocked = accessPolicies.some(
    ({ appId, right, members }) => appId === rights.appId && members.includes(user) === (right === "DenyAccess"),
  );
  if (!blocked || wanted === directory) return undefined;
  const why = "[RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.";
  return graphError(403, "ErrorAccessDenied", `Access to OData is disabled: ${why}`);
}
