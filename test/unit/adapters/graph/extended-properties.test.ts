import { describe, expect, it } from "vitest";
import { expandOf, extendedFacts } from "../../../../lib/adapters/graph/extended-properties.js";

const decoded = (...extra: Parameters<typeof expandOf>[0]) => decodeURIComponent(expandOf(extra));
const labelsId = "String {00020386-0000-0000-C000-000000000046} Name msip_labels";

it("asks for what is wanted in one $expand, and for nothing where nothing is", () => {
  expect(expandOf([])).toBe("");
  expect(expandOf(["flag"])).toBe("");
  expect(decoded("size")).toBe("&$expand=singleValueExtendedProperties($filter=id eq 'Integer 0x0E08')");
  expect(decoded("messageClass", "size")).toContain("(id eq 'Integer 0x0E08' or id eq 'String 0x001A')".slice(1, -1));
  expect(expandOf(["size", "labels"])).not.toMatch(/[ {}"]/);
});

it("asks for the class besides what may be missing", () => {
  expect(decoded("labels")).toBe(
    `&$expand=singleValueExtendedProperties($filter=id eq 'String 0x001A' or id eq '${labelsId}')`,
  );
  expect(decoded("sensitivity")).toBe(
    "&$expand=singleValueExtendedProperties($filter=id eq 'String 0x001A' or id eq 'Integer 0x0036')",
  );
});

describe("an answer", () => {
  const all = ["size", "messageClass", "sensitivity", "labels"] as const;
  const facts = (...properties: [id: string, value: string | null][]) =>
    extendedFacts(
      properties.map(([id, value]) => ({ id, value })),
      all,
    );
  const note = ["String 0x1a", "IPM.Note"] as [string, string];
  const labelled = "String {00020386-0000-0000-c000-000000000046} Name MSIP_Labels";
  const [one, two] = ["0b2a9e5c-7a1d-4a61-9c0e-2f4d1c6b7a10", "1b2a9e5c-7a1d-4a61-9c0e-2f4d1c6b7a11"];

  it("is read however Exchange spells the ids", () => {
    expect(
      facts(["Integer 0xe08", "12"], note, ["Integer 0x36", "2"], [labelled, `MSIP_Label_${one}_Enabled=True`]),
    ).toEqual({ size: 12, messageClass: "IPM.Note", sensitivity: "private", labels: [one] });
    expect(facts(["String 0x001A", " REPORT.IPM.Note.NDR "]).messageClass).toBe("REPORT.IPM.Note.NDR");
  });

  it("that holds the class and not the rest says that there is no rest", () => {
    expect(facts(note)).toEqual({ size: undefined, messageClass: "IPM.Note", sensitivity: "normal", labels: [] });
    expect(extendedFacts([{ id: note[0], value: note[1] }], ["messageClass"])).toMatchObject({
      sensitivity: undefined,
      labels: undefined,
    });
  });

  it("that holds nothing says nothing", () => {
    const nothing = { size: undefined, messageClass: undefined, sensitivity: undefined, labels: undefined };
    expect(facts()).toEqual(nothing);
    expect(facts(["String 0x1a", ""], ["Integer 0x36", "9"], [labelled, "Confidential"])).toEqual(nothing);
    expect(facts(["String 0x1a", null])).toEqual(nothing);
  });

  it.each([
    [`MSIP_Label_${one}_Enabled=True;MSIP_Label_${one}_Name=General;MSIP_Label_${one}_SiteId=${two};`, [one]],
    [`MSIP_Label_${one}_Enabled=true; MSIP_Label_${two}_Enabled=True`, [one, two]],
    [`MSIP_Label_${one.toUpperCase()}_Method=Standard`, [one]],
    [`MSIP_Label_${one}_Enabled=False;MSIP_Label_${one}_Name=General`, []],
    ["", []],
    ["something else", undefined],
  ])("labels %j", (text, labels) => expect(facts(note, [labelled, text]).labels).toEqual(labels));
});
