// The rights in Microsoft 365: one list, told the same everywhere, and a script that adds only what is missing.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { roles } from "../../lib/access/roles.js";
import { infra } from "./bicep.js";

interface Right {
  value: string;
  id: string;
  exchangeRole?: string;
  why: string;
}
interface Exchange {
  appId: string;
  reader: { value: string; why: string }[];
  roleGroup: string;
  roles: { name: string; parent: string; cmdlets: string[] }[];
}
const { graph, exchange } = JSON.parse(readFileSync(join(infra, "rights.json"), "utf8")) as {
  graph: { appId: string; reader: Right[]; readerIfNeeded: Right[]; writer: Right[]; tooMuch: string[] };
  exchange: Exchange;
};
const given = [...graph.reader, ...graph.readerIfNeeded, ...graph.writer];
const told = (file: string) => readFileSync(join(infra, file), "utf8");

describe("rights.json", () => {
  it("is well-formed, each right once", () => {
    expect(graph.reader.map(({ value }) => value)).toContain("Mail.Read");
    for (const { id } of given) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(new Set(given.map(({ id }) => id)).size).toBe(given.length);
  });

  it("lets the reader only read", () => {
    expect(graph.reader.map(({ value }) => value).filter((value) => /Write|Send|Full|Manage/i.test(value))).toEqual([]);
  });

  it("gives nothing that it calls too much", () => {
    expect(given.map(({ value }) => value).filter((value) => graph.tooMuch.includes(value))).toEqual([]);
  });

  it("can scope every mail right to chosen mailboxes", () => {
    const mail = given.filter(({ value }) => /^Mail/.test(value));
    expect(mail.map(({ exchangeRole }) => exchangeRole)).toEqual(mail.map(({ value }) => `Application ${value}`));
  });

  it("is what the runbook says", () => {
    const runbook = told("README.md");
    for (const { value } of given) expect(runbook).toContain(`\`${value}\``);
  });

  it("is read by both scripts, and ids stand nowhere else", () => {
    for (const file of ["grant.sh", "grant.ps1", "scope.ps1", "graph/grant.bicep"]) {
      expect(told(file)).toContain("rights.json");
      for (const { id } of given) expect(told(file)).not.toContain(id);
    }
  });
});

describe("the scripts for PowerShell", () => {
  it.each(["grant.ps1", "scope.ps1", "exchange.ps1"])("%s speaks to one cloud, also when it is undone", (file) => {
    const script = told(file);
    expect(script).toContain("[ValidateSet('Global', 'USGov', 'USGovDoD', 'China')][string]$Environment");
    const connects = [...script.matchAll(/Connect-(MgGraph|ExchangeOnline) (.*)/g)].map(([, , how = ""]) => how);
    expect(connects.length).toBeGreaterThan(1);
    expect(connects.filter((how) => !/^-(Environment|ExchangeEnvironmentName) \S*\$/.test(how))).toEqual([]);
  });

  it.each(["grant.ps1", "scope.ps1", "exchange.ps1"])("%s takes no array out of an if", (file) => {
    // `$x = if (…) { @(…) }` gives one element without its array, and null for none; strict mode then stops.
    expect(told(file)).not.toMatch(/= if [^\n]*\{ @\([^)]*\) \}/);
  });
});

describe("what Exchange is asked", () => {
  const room = join(infra, "../lib/adapters/exchange");
  const source = readdirSync(room).map((file) => readFileSync(join(room, file), "utf8"));
  const asked = [...source.join("\n").matchAll(/"((?:Get|Test|Set|Add|Remove|New)-[A-Za-z]+)"/g)].map(
    ([, name]) => name,
  );

  it("is allowed by the role group, and only reads", () => {
    const cmdlets = exchange.roles.flatMap((role) => role.cmdlets);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !cmdlets.includes(name ?? ""))).toEqual([]);
    expect(cmdlets.filter((name) => !/^(Get|Test)-/.test(name))).toEqual([]);
  });

  it("is told by the runbook and given by a script that holds no list of its own", () => {
    const script = told("exchange.ps1");
    expect(script).toContain("rights.json");
    for (const { name, cmdlets } of exchange.roles)
      for (const word of [name, ...cmdlets.slice(2)]) expect(script).not.toContain(word);
    for (const { value } of exchange.reader) expect(told("README.md")).toContain(`\`${value}\``);
  });
});

describe("sign-in.sh", () => {
  it("makes the roles the app knows, each with an id of its own", () => {
    const list = JSON.parse(/^roles='(\[[\s\S]*?\])'$/m.exec(told("sign-in.sh"))?.[1] ?? "[]") as Right[];
    expect(list.map(({ value }) => value)).toEqual([...roles]);
    expect(new Set(list.map(({ id }) => id)).size).toBe(roles.length);
  });
});

const isThere = (command: string) => spawnSync(command, ["--version"]).status === 0;

describe.skipIf(!isThere("bash") || !isThere("jq"))("grant.sh", { timeout: 300_000 }, () => {
  /** The same name as in Graph, and not the same right. */
  const exchangeRoles = ["Exchange.ManageAsApp", "full_access_as_app", "Mail.Read"].map((value) => ({
    value,
    id: `exchange-${value}`,
  }));
  const principal = "11111111-2222-4333-8444-555555555555";
  let place: string;
  let tenantFile: string;

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), "mailkeep-grant-"));
    tenantFile = join(place, "tenant.json");
    mkdirSync(join(place, "bin"));
    for (const file of ["grant.sh", "rights.json"]) cpSync(join(infra, file), join(place, file));
    const az = `#!/bin/sh\nexec "${process.execPath}" "${join(import.meta.dirname, "az-like.mjs")}" "$@"\n`;
    writeFileSync(join(place, "bin/az"), az);
    chmodSync(join(place, "bin/az"), 0o755);
    const appRoles = [...given, ...graph.tooMuch.map((value) => ({ value, id: `id-of-${value}` }))];
    writeTenant({
      resource: { id: "graph", appRoles: appRoles.map((role) => ({ ...role, allowedMemberTypes: ["Application"] })) },
      exchange: { id: "exchange", appRoles: exchangeRoles },
      assignments: [],
      calls: [],
    });
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  interface Tenant {
    resource: { id: string; appRoles: { id: string; value: string; allowedMemberTypes: string[] }[] };
    exchange: { id: string; appRoles: { id: string; value: string }[] };
    assignments: { id: string; appRoleId: string; resourceId: string; resourceDisplayName: string }[];
    calls: string[];
  }
  const tenant = () => JSON.parse(readFileSync(tenantFile, "utf8")) as Tenant;
  const writeTenant = (value: Tenant) => writeFileSync(tenantFile, JSON.stringify(value));
  const env = () => ({ PATH: `${join(place, "bin")}:${process.env.PATH}`, AZ_TENANT: tenantFile });
  const run = (...args: string[]) =>
    spawnSync("bash", [join(place, "grant.sh"), ...args], { env: env(), encoding: "utf8" });
  const grant = (...args: string[]) => run(...args, "--principal", principal);
  const held = () => tenant().assignments.map(({ appRoleId }) => appRoleId);
  const give = (...ids: string[]) => {
    const assignments = ids.map((appRoleId, i) => ({
      id: `old-${i}`,
      appRoleId,
      resourceId: "graph",
      resourceDisplayName: "Microsoft Graph",
    }));
    writeTenant({ ...tenant(), assignments });
  };

  it("gives all rights, and can take exactly those back", () => {
    give("something-else");
    const { status, stdout, stderr } = grant("reader");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(held()).toEqual(["something-else", ...graph.reader.map(({ id }) => id)]);
    for (const { value } of graph.reader) expect(stdout).toContain(`Added: ${value}`);
    const undo = readdirSync(place).find((file) => file.startsWith("undo-")) ?? "";
    expect(spawnSync("bash", [join(place, undo)], { env: env() }).status).toBe(0);
    expect(held()).toEqual(["something-else"]);
  });

  it("adds only what is missing, also when what is there fills several pages", () => {
    give("a", "b", "c", "d", graph.reader[0]?.id ?? "");
    expect(grant("reader").status).toBe(0);
    expect(held().slice(5)).toEqual(graph.reader.slice(1).map(({ id }) => id));
    const again = grant("reader");
    expect(again.stdout).toContain("Nothing to add.");
    expect(tenant().calls.filter((call) => call.startsWith("post"))).toHaveLength(graph.reader.length - 1);
  });

  it("leaves to scope.ps1 what is for chosen mailboxes", () => {
    expect(grant("reader", "--skip-exchange").status).toBe(0);
    expect(held()).toEqual(graph.reader.filter(({ exchangeRole }) => exchangeRole === undefined).map(({ id }) => id));
  });

  it("gives the rights to read groups and administrative units when asked to, and never calls it too much", () => {
    const [group, unit] = graph.readerIfNeeded;
    give(...graph.reader.map(({ id }) => id));
    expect(grant("reader", "--groups", "--check").status).toBe(3);
    expect(grant("reader", "--groups").status).toBe(0);
    expect(held()).toContain(group?.id);
    expect(grant("reader", "--check").status).toBe(0);
    expect(grant("reader", "--groups", "--check").status).toBe(0);
    expect(held()).not.toContain(unit?.id);
    expect(grant("reader", "--groups", "--units", "--check").status).toBe(3);
    expect(grant("reader", "--units").status).toBe(0);
    expect(held()).toContain(unit?.id);
    expect(grant("reader", "--check").status).toBe(0);
  });

  it("checks without changing: too little, right, too much", () => {
    expect(grant("reader", "--check").status).toBe(3);
    give(...graph.reader.map(({ id }) => id));
    expect(grant("reader", "--check").status).toBe(0);
    give(...graph.reader.map(({ id }) => id), "id-of-Mail.Send");
    const { status, stdout } = grant("reader", "--check");
    expect(status).toBe(4);
    expect(stdout).toContain("TOO MUCH: Mail.Send");
    expect(tenant().calls.filter((call) => !call.startsWith("get"))).toEqual([]);
  });

  it("knows the right that exchange.ps1 gives, and what else Exchange can give", () => {
    const fromExchange = (...values: string[]) =>
      values.map((value, i) => ({
        id: `exchange-${i}`,
        appRoleId: `exchange-${value}`,
        resourceId: "exchange",
        resourceDisplayName: "Office 365 Exchange Online",
      }));
    give(...graph.reader.map(({ id }) => id));
    const { assignments } = tenant();
    writeTenant({ ...tenant(), assignments: [...assignments, ...fromExchange("Exchange.ManageAsApp")] });
    const fine = grant("reader", "--check");
    expect({ status: fine.status, stderr: fine.stderr }).toEqual({ status: 0, stderr: "" });
    expect(fine.stdout).toContain("Office 365 Exchange Online: Exchange.ManageAsApp");
    writeTenant({ ...tenant(), assignments: [...assignments, ...fromExchange("full_access_as_app", "Mail.Read")] });
    const { status, stdout } = grant("reader", "--check");
    expect(status).toBe(4);
    expect(stdout).toContain("TOO MUCH: full_access_as_app");
    expect(stdout).toContain("More than expected: Mail.Read.");
  });

  it("gives nothing that the tenant knows under another name", () => {
    const { resource } = tenant();
    const appRoles = resource.appRoles.map((role) =>
      role.value === "Mail.Read" ? { ...role, value: "Mail.Other" } : role,
    );
    writeTenant({ ...tenant(), resource: { ...resource, appRoles } });
    expect(grant("reader").status).toBe(1);
    expect(held()).toEqual([]);
  });

  it("does nothing for nobody", () => {
    expect(run("reader", "--principal", "anna@contoso.com").status).toBe(2);
    expect(run("everything").status).toBe(2);
  });
});
