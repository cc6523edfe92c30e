// What may be a name in a profile, and why not.
import { describe, expect, it } from "vitest";
import { distinguishedParts, isAtOrBelow, spelledOut } from "../../../lib/core/distinguished-name.js";
import { readName } from "../../../lib/profiles/directory-name.js";
import { Mailboxes } from "../../../lib/profiles/selection.js";

const id = "1183e9df-aa03-47d6-ac38-d0b496060252";

describe("a name", () => {
  it.each([
    ["anna@contoso.com", "address"],
    ["o'brien+news@mail.contoso.co.uk", "address"],
    ["jörg@müller.example", "address"],
    ["SMTP:anna@contoso.com", "address"],
    [id, "objectId"],
    [id.toUpperCase(), "objectId"],
    ["CN=Anna Berg,OU=Legal,DC=contoso,DC=com", "distinguishedName"],
    ["cn=Berg\\, Anna,ou=A=B,dc=contoso", "distinguishedName"],
  ])("%s is one", (name, kind) => expect(readName(name)).toEqual({ kind }));

  it.each([
    ["CONTOSO\\anna", "DOMAIN\\user"],
    ["contoso.com\\anna@contoso.com", "DOMAIN\\user"],
    [".\\anna", "local account"],
    ["anna_fabrikam.com#EXT#@contoso.onmicrosoft.com", "guest"],
    ["anna", "no name"],
    ["anna@", "no name"],
    ["@contoso.com", "no name"],
    ["anna@contoso..com", "no name"],
    ["Anna <anna@contoso.com>", "no name"],
    ["anna@contoso.com;ben@contoso.com", "no name"],
    ["anna berg@contoso.com", "no name"],
    ["anna@contoso.com/../ben", "no name"],
    ["*@contoso.com", "no name"],
    ["X500:/o=ExchangeLabs/cn=anna", "no mail address"],
    ["OU=Legal", "no whole distinguished name"],
    ["CN=Anna,,DC=contoso", "no whole distinguished name"],
    ["CN=Anna,DC=contoso\\", "no whole distinguished name"],
  ])("%s is none, and says why", (name, why) =>
    expect(readName(name)).toEqual({ refused: expect.stringContaining(why) }),
  );
});

describe("a distinguished name", () => {
  it("is the same in every spelling", () => {
    const parts = distinguishedParts("CN=Berg\\, Anna,OU=Legal,DC=contoso,DC=com");
    expect(parts).toEqual(["cn=berg, anna", "ou=legal", "dc=contoso", "dc=com"]);
    expect(distinguishedParts("cn = Berg\\2C Anna, ou=LEGAL ,dc=contoso,dc=com")).toEqual(parts);
    expect(spelledOut("cn = Berg\\2C Anna, ou=Le=gal ,dc=contoso,dc=com")).toBe(
      "CN=Berg\\, Anna,OU=Le\\=gal,DC=contoso,DC=com",
    );
  });

  it("stands at or below a container, not beside it", () => {
    const at = (name: string, container: string) =>
      isAtOrBelow(distinguishedParts(name) ?? [], distinguishedParts(container) ?? []);
    expect(at("CN=A,OU=Legal,DC=x", "OU=Legal,DC=x")).toBe(true);
    expect(at("OU=Legal,DC=x", "OU=Legal,DC=x")).toBe(true);
    expect(at("CN=A,OU=Paralegal,DC=x", "OU=Legal,DC=x")).toBe(false);
    expect(at("CN=A,OU=Legal,DC=y", "OU=Legal,DC=x")).toBe(false);
    expect(at("DC=x", "OU=Legal,DC=x")).toBe(false);
  });
});

describe("the lists of a mode", () => {
  const fields = (selection: object) =>
    Mailboxes.safeParse(selection).error?.issues.map(({ path }) => path.join(".")) ?? [];

  it.each([
    [{ mode: "single", mailboxes: ["a@x"] }, []],
    [{ mode: "single", mailboxes: ["a@x", "b@x"] }, ["mailboxes"]],
    [{ mode: "single", mailboxes: ["a@x"], groups: ["g@x"] }, ["groups"]],
    [{ mode: "only", groups: ["g@x"] }, []],
    [{ mode: "only" }, ["mailboxes"]],
    [{ mode: "all" }, []],
    [{ mode: "all", groups: ["g@x"] }, ["groups"]],
    [{ mode: "except", groups: ["g@x"], mailboxes: [id] }, []],
    [{ mode: "only", mailboxes: ["a@x", "X\\b"], groups: ["g"] }, ["mailboxes.1", "groups.0"]],
  ])("%j", (selection, wrong) => expect(fields(selection)).toEqual(wrong));
});
