// Nothing can be deployed from here, so the infrastructure is held to what can be known without Azure.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { day } from "../../lib/core/time.js";
import { keptMs } from "../../lib/export/export.js";
import { type Bicep, bicepFiles, descendants, infra, properties, property, readBicep, usedNames } from "./bicep.js";

const files = new Map(bicepFiles.map((file) => [file, readBicep(file)]));
const all = [...files.values()];
const main = files.get("main.bicep") as Bicep;

/** Functions of Bicep and of Azure that our files may call. */
const functions = new Set(
  (
    "concat contains deployer empty environment filter guid items loadJsonContent replace resourceGroup resourceId split string " +
    "subscription subscriptionResourceId tenant toLower trim union uniqueString description allowed minLength maxLength " +
    "minValue maxValue"
  ).split(" "),
);

function loopNames(file: Bicep): string[] {
  return descendants(file.root, "for_statement").flatMap((loop) =>
    loop.namedChildren
      .slice(0, 1)
      .flatMap((head) => (head === null ? [] : head.type === "identifier" ? [head.text] : head.text.match(/\w+/g))),
  ) as string[];
}

const guids = (text: string) => text.match(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi) ?? [];

describe.each(all)("$file", (file) => {
  it("is Bicep", () => {
    const faults = descendants(file.root, "ERROR").map((node) => `${node.startPosition.row + 1}: ${node.text}`);
    expect(file.root.hasError, faults.join("\n")).toBe(false);
  });

  it("uses only what it declares", () => {
    const declared = new Set([
      ...file.params.keys(),
      ...file.variables,
      ...file.resources.map(({ name }) => name),
      ...file.modules.map(({ name }) => name),
      ...loopNames(file),
      ...functions,
    ]);
    expect([...usedNames(file.root)].filter((name) => !declared.has(name))).toEqual([]);
  });

  it("uses every parameter and variable it declares", () => {
    const used = usedNames(file.root);
    expect([...file.params.keys(), ...file.variables].filter((name) => !used.has(name))).toEqual([]);
  });

  it("names resource types with a released API version", () => {
    const wrong = file.resources.filter(
      ({ type }) => !/^Microsoft\.[A-Za-z]+(\/[A-Za-z]+)+@(20\d\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])|v1\.0)$/.test(type),
    );
    expect(wrong.map(({ type }) => type)).toEqual([]);
  });

  it("calls modules of this repository with the parameters they have", () => {
    for (const { name, path, params } of file.modules) {
      const target = files.get(posix.join(posix.dirname(file.file), path));
      expect(target, `${name}: ${path}`).toBeDefined();
      const given = [...properties(params).keys()];
      const wanted = target?.params ?? new Map();
      expect({ [name]: given.filter((key) => !wanted.has(key)) }).toEqual({ [name]: [] });
      const missing = [...wanted].filter(([key, { required }]) => required && !given.includes(key));
      expect({ [name]: missing.map(([key]) => key) }).toEqual({ [name]: [] });
    }
  });

  it("asks modules for outputs they have", () => {
    for (const [, name = "", output = ""] of file.text.matchAll(/(\w+)!?\.outputs\.(\w+)/g)) {
      const module = file.modules.find((candidate) => candidate.name === name);
      const target = files.get(posix.join(posix.dirname(file.file), module?.path ?? ""));
      expect(target?.outputs, `${name}.outputs.${output}`).toContain(output);
    }
  });

  it("holds no secret and asks for none", () => {
    expect(file.text).not.toMatch(
      /listKeys|listCredentials|AccountKey|SharedAccessKey|@secure|getSecret|clientSecret/i,
    );
  });

  it("keeps role ids to itself", () => {
    // graph/grant.bicep takes its ids from rights.json; roles.bicep is the only list of Azure's own.
    if (file.file !== "modules/roles.bicep") expect(guids(file.text)).toEqual([]);
  });
});

describe("modules", () => {
  it("are all used, except the one that stands apart", () => {
    const called = all.flatMap((file) => file.modules.map(({ path }) => posix.join(dirname(file.file), path)));
    expect(bicepFiles.filter((file) => !called.includes(file))).toEqual(["graph/grant.bicep", "main.bicep"]);
  });

  it("need no extension in main.bicep's tree", () => {
    const extended = all.filter(({ text }) => /^extension /m.test(text)).map(({ file }) => file);
    expect(extended).toEqual(["graph/grant.bicep"]);
  });
});

describe("main.parameters.json", () => {
  const { parameters } = JSON.parse(readFileSync(join(infra, "main.parameters.json"), "utf8")) as {
    parameters: Record<string, { value: string }>;
  };

  it("names only parameters that main.bicep has, and all it must have", () => {
    expect(Object.keys(parameters).filter((name) => !main.params.has(name))).toEqual([]);
    const required = [...main.params].filter(([, { required }]) => required).map(([name]) => name);
    expect(required.filter((name) => !(name in parameters))).toEqual([]);
  });

  it("says the defaults that main.bicep says", () => {
    const said = Object.entries(parameters).flatMap(([name, { value }]) => {
      const fallback = /^\$\{\w+=(.*)\}$/.exec(value)?.[1];
      return fallback === undefined ? [] : [[name, fallback]];
    });
    const inBicep = said.map(([name]) => {
      const line = new RegExp(`^param ${name} \\w+ = (.*)$`, "m").exec(main.text)?.[1];
      return [name, line?.replace(/^'|'$/g, "")];
    });
    expect(said.length).toBeGreaterThan(15);
    expect(said).toEqual(inBicep);
  });

  it("takes each value from a variable of its own", () => {
    const names = Object.values(parameters).map(({ value }) => /^\$\{(\w+)(=.*)?\}$/.exec(value)?.[1]);
    expect(names).not.toContain(undefined);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("roles", () => {
  const roles = files.get("modules/roles.bicep") as Bicep;

  it("are each named once and each assigned", () => {
    const ids = guids(roles.text);
    expect(ids).toHaveLength(8);
    expect(new Set(ids).size).toBe(ids.length);
    const names = [...roles.text.matchAll(/^ {2}(\w+): '[0-9a-f-]{36}'$/gm)].map(([, name]) => name);
    expect(names).toHaveLength(8);
    for (const name of names) expect(roles.text, name).toContain(`roleIds.${name}`);
  });

  it("are assigned nowhere else", () => {
    const elsewhere = all
      .filter(({ file }) => file !== roles.file)
      .flatMap(({ resources }) => resources.filter(({ type }) => type.includes("/roleAssignments@")));
    expect(elsewhere).toEqual([]);
  });

  it("let the app do with the archive what it does, and no more", () => {
    const archive = /var archiveRoles = \[([^\]]*)\]/.exec(roles.text)?.[1];
    expect(archive?.match(/roleIds\.\w+/g)).toEqual([
      "roleIds.storageBlobDataContributor",
      "roleIds.storageQueueDataContributor",
      "roleIds.storageTableDataContributor",
    ]);
  });

  it("say for each assignment that a service principal gets it", () => {
    for (const { name, body, type } of roles.resources.filter((one) => one.type.includes("/roleAssignments@"))) {
      expect(property(body, "properties", "principalType")?.text, `${name} ${type}`).toBe("'ServicePrincipal'");
      expect(property(body, "properties", "principalId")?.text, name).toBe("readerPrincipalId");
    }
  });
});

describe("storage", () => {
  const accounts = all.flatMap(({ file, resources }) =>
    resources
      .filter(
        ({ type, node }) => type.startsWith("Microsoft.Storage/storageAccounts@") && !node.text.includes("existing"),
      )
      .map(({ body }) => ({ file, body })),
  );

  it("is two accounts", () => expect(accounts.map(({ file }) => file)).toHaveLength(2));

  it.each(accounts)("$file has no keys, no anonymous reading, no old TLS, and closes its public door", ({ body }) => {
    const says = (name: string) => property(body, "properties", name)?.text;
    expect(says("allowSharedKeyAccess")).toBe("false");
    expect(says("allowBlobPublicAccess")).toBe("false");
    expect(says("supportsHttpsTrafficOnly")).toBe("true");
    expect(says("minimumTlsVersion")).toBe("'TLS1_2'");
    expect(says("publicNetworkAccess")).toBe("privateNetwork ? 'Disabled' : 'Enabled'");
  });

  it("never moves mail where it cannot be read at once, and never deletes", () => {
    const archive = files.get("modules/archive-storage.bicep")?.text ?? "";
    expect(archive).toContain("tierToCold");
    expect(archive).not.toMatch(/tierToArchive|archive\/attachments/);
    // The one rule that deletes is of exports, and ends the list.
    const [kept = "", ...exports] = archive.split("name: 'exports-go'");
    expect(exports).toHaveLength(1);
    expect(kept).not.toMatch(/delete: \{/);
    expect([...(exports[0] ?? "").matchAll(/prefixMatch: \[(.*)\]/g)].map(([, prefix]) => prefix)).toEqual([
      "'exports/'",
    ]);
    expect([...(exports[0] ?? "").matchAll(/GreaterThan: (\d+)/g)].map(([, days]) => Number(days) * day)).toEqual([
      keptMs,
      keptMs,
    ]);
  });

  it("names the container and the folders that the app uses", () => {
    const archive = files.get("modules/archive-storage.bicep")?.text ?? "";
    const prefixes = [...archive.matchAll(/prefixMatch: \['([^']+)'\]/g)].map(([, prefix]) => prefix);
    // None for attachments: a rule sees no size, and those below 128 KiB must stay hot.
    expect([...new Set(prefixes)]).toEqual(["archive/mailboxes/", "exports/"]);
    const root = join(infra, "..");
    expect(readFileSync(join(root, "lib/adapters/azure/storage-clients.ts"), "utf8")).toContain("}archive`");
    // The frozen archive of the format tests has the folders of every archive.
    expect(readdirSync(join(root, "test/golden/archive")).sort()).toEqual(["attachments", "mailboxes"]);
  });
});

describe("privacy", () => {
  it("is the default", () => {
    expect(main.text).toContain("param privateNetwork bool = true");
    expect(main.text).toContain("param attachWriter bool = false");
  });

  it("covers every service of both accounts", () => {
    const network = files.get("modules/network.bicep")?.text ?? "";
    for (const account of ["runtime", "archive"])
      for (const group of ["blob", "queue", "table"])
        expect(network).toContain(`target: ${account}StorageId, group: '${group}', zone: storageZones.${group}`);
  });
});
