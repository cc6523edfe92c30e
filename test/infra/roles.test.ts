// Every role that Bicep assigns is used, and every call that the app makes is allowed by a role that Bicep assigns.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient, BlockBlobClient, ContainerClient } from "@azure/storage-blob";
import { QueueClient } from "@azure/storage-queue";
import { describe, expect, it } from "vitest";
import { builtInRoles, neededByCalls, neededByPaths, neededByTriggers } from "./azure/role-actions.js";
import { infra, readBicep } from "./bicep.js";

const roles = readBicep("modules/roles.bicep").text;
const assigned = (list: string) =>
  (new RegExp(`var ${list} = \\[([^\\]]*)\\]`).exec(roles)?.[1]?.match(/roleIds\.(\w+)/g) ?? []).map((name) =>
    name.replace("roleIds.", ""),
  );
const [archive, vault, runtime] = [assigned("archiveRoles"), assigned("vaultRoles"), assigned("runtimeRoles")];

const room = join(infra, "../lib/adapters/azure");
const sources = readdirSync(room).map((file) => readFileSync(join(room, file), "utf8"));

const clients = { BlobServiceClient, ContainerClient, BlockBlobClient, QueueClient, TableClient };
/** Makes an object, or is asked of nobody. */
const local = /^get(\w*Client)$|^constructor$/;

/** What the prototype and those above it can do. */
function methods(client: { prototype: object }): Set<string> {
  const names = new Set<string>();
  for (let at: object | null = client.prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at))
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  return names;
}

const called = new Set(sources.flatMap((text) => [...text.matchAll(/\.(\w+)\(/g)].map(([, name = ""]) => name)));
/** A name that maps and sets have as well. */
const ordinary = ["delete"];

const allows = (role: string, action: string) =>
  (builtInRoles[role]?.allows ?? []).some((one) =>
    one.endsWith("*") ? action.startsWith(one.slice(0, -1)) : one === action,
  );

const needed = [
  ...new Set(
    Object.values(neededByCalls).flatMap((calls) =>
      Object.entries(calls).flatMap(([name, action]) => (called.has(name) ? [action] : [])),
    ),
  ),
];
const neededOfVault = Object.entries(neededByPaths).flatMap(([path, action]) =>
  sources.some((text) => text.includes(path)) ? [action] : [],
);

describe("what the app calls", () => {
  it("is all known here", () => {
    const unknown = Object.entries(clients).flatMap(([client, type]) =>
      [...methods(type)]
        .filter((name) => called.has(name) && !local.test(name) && !ordinary.includes(name))
        .filter((name) => !Object.values(neededByCalls).some((calls) => name in calls))
        .map((name) => `${client}.${name}`),
    );
    expect(unknown).toEqual([]);
    const never = Object.values(neededByCalls).flatMap((calls) =>
      Object.keys(calls).filter((name) => !called.has(name)),
    );
    expect(never).toEqual([]);
    expect(neededOfVault).toHaveLength(Object.keys(neededByPaths).length);
  });

  it.each([...needed, neededByTriggers])("is allowed in the archive: %s", (action) => {
    expect(archive.filter((role) => allows(role, action))).toHaveLength(1);
  });

  it.each(neededOfVault)("is allowed in the vault: %s", (action) => {
    expect(vault.some((role) => allows(role, action))).toBe(true);
  });
});

describe("what is assigned", () => {
  it.each(archive)("%s is used in the archive", (role) => {
    expect(needed.some((action) => allows(role, action))).toBe(true);
  });

  it.each(vault)("%s is used in the vault", (role) => {
    expect(neededOfVault.some((action) => allows(role, action))).toBe(true);
  });

  it("lets nobody in the archive change an owner, or an immutability policy", () => {
    expect(archive).not.toContain("storageBlobDataOwner");
  });

  it("is for the host what the host asks for", () => {
    // https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
    expect(runtime).toEqual(["storageBlobDataOwner", "storageQueueDataContributor", "storageTableDataContributor"]);
  });

  it("has the ids of Azure's own list", () => {
    const said = Object.fromEntries(
      [...roles.matchAll(/^ {2}(\w+): '([0-9a-f-]{36})'$/gm)].map(([, name = "", id = ""]) => [name, id]),
    );
    expect(said).toEqual(Object.fromEntries(Object.entries(builtInRoles).map(([name, { id }]) => [name, id])));
  });
});
