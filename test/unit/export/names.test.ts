// Whatever a sender or an owner writes, the names in an export are safe on any system, readable, and never twice the same.
import { describe, expect, it } from "vitest";
import { folderPlaces, mailboxPlace, messageFileName } from "../../../lib/export/names.js";

const key = "9f86d081884c7d659a2feaa0c55ad015";
const receivedAt = "2026-03-01T08:00:59Z";
const named = (subject: string, more: object = {}) => messageFileName({ key, receivedAt, subject, ...more });

const hostile = [
  "../../etc/passwd",
  "..\\..\\windows\\system32",
  "/absolute",
  "C:\\x",
  "CON",
  "nul.txt",
  "LPT1",
  "COM¹",
  "x".repeat(300),
  "é".repeat(300),
  "👨‍👩‍👧‍👦".repeat(50),
  "\u202Efdp.exe",
  "a\u0000b\rc\nd\te",
  "...",
  " . . ",
  "",
  "-rf",
  "~",
  'a?b*c<d>e|f"g:h',
  "%2e%2e%2f",
  "$(touch x)`y`",
  "\ud800 lone",
  "e\u0301 as two characters",
  "مرحبا بالعالم",
  "trailing dots...",
];

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
const forbidden = /[\u0000-\u001f\u007f-\u009f"*:<>?|\\\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const device = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

function expectSafe(path: string): void {
  expect(path.isWellFormed()).toBe(true);
  for (const part of path.split("/")) {
    expect(part).not.toMatch(forbidden);
    expect(part).not.toMatch(/^\.|^\s|[. ]$|^$/u);
    expect(part).not.toMatch(device);
    expect(Buffer.byteLength(part)).toBeLessThanOrEqual(120);
  }
}

describe("a message's file", () => {
  it("is called by time, subject and key", () => {
    expect(named("Invoice 4711")).toBe("2026-03-01 0800 Invoice 4711 9f86d081884c7d65.eml");
    expect(named("AW: a/b\\c")).toBe("2026-03-01 0800 AW_ a-b-c 9f86d081884c7d65.eml");
    expect(named("v2", { key: `${key}-2` })).toBe("2026-03-01 0800 v2 9f86d081884c7d65-2.eml");
    expect(named("")).toBe("2026-03-01 0800 9f86d081884c7d65.eml");
    expect(named("Hi", { receivedAt: "whenever" })).toBe("no date Hi 9f86d081884c7d65.eml");
  });

  it.each(hostile)("is safe for %j", (subject) => {
    const name = named(subject);
    expectSafe(name);
    expect(name).not.toContain("/");
    expect(name.length).toBeLessThanOrEqual(90);
    expect(name.endsWith(" 9f86d081884c7d65.eml")).toBe(true);
  });

  it("keeps an emoji of several characters whole or leaves it out", () => {
    expect(named("👨‍👩‍👧‍👦".repeat(5)).match(/👨‍👩‍👧‍👦/gu)).toHaveLength(1);
    expect(named("👨‍👩‍👧‍👦".repeat(5))).toBe("2026-03-01 0800 👨‍👩‍👧‍👦 9f86d081884c7d65.eml");
  });
});

describe("a folder's place", () => {
  it("is its path where that is safe", () => {
    expect(folderPlaces()(["Inbox", "Projects 2026"])).toBe("Inbox/Projects 2026");
    expect(folderPlaces()([])).toBe("no folder");
  });

  it.each(hostile.filter((name) => name !== ""))("is safe for %j", (name) => {
    const place = folderPlaces()([name, name]);
    expectSafe(place);
    expect(Buffer.byteLength(place)).toBeLessThanOrEqual(130);
  });

  it("is one for each folder, however alike their names become", () => {
    const alike = [
      "a:b",
      "a?b",
      "a_b",
      "A_B",
      "a_b ",
      "a/b",
      "a-b",
      "x".repeat(60),
      `${"x".repeat(60)}y`,
      "Inbox.mbox",
      "inbox",
    ];
    const names = alike.flatMap((name) => [[name], ["Inbox", name], [name, name, name, name], ["inbox", name]]);
    const placeOf = folderPlaces();
    const places = names.map(placeOf);
    expect(new Set(places.map((place) => place.toLowerCase())).size).toBe(names.length);
    expect(names.map(placeOf)).toEqual(places);
    for (const place of places) expect(place).not.toMatch(/\.(mbox|eml)(\/|$)/);
  });
});

describe("a mailbox's place", () => {
  it("is its address, or its id where another has that already", () => {
    const taken = new Set<string>();
    expect(mailboxPlace({ id: "1", address: "anna@contoso.example" }, taken)).toBe("anna@contoso.example");
    expect(mailboxPlace({ id: "2", address: "Anna@contoso.example" }, taken)).toBe("2");
    expect(mailboxPlace({ id: "3", address: "" }, taken)).toBe("3");
    expect(mailboxPlace({ id: "4", address: "../x" }, taken)).toBe("-x");
  });
});
