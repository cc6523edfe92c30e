import { expect, it } from "vitest";
import type { FolderId } from "../../../lib/core/ids.js";
import { type PlacedFolder, wantsFolder, wellKnownNames } from "../../../lib/profiles/folder-choice.js";

const place = (path: string): PlacedFolder => {
  const names = path.split("/").slice(1);
  return {
    id: path as FolderId,
    names,
    lineage: names.map((_, n) => `/${names.slice(0, n + 1).join("/")}` as FolderId),
  };
};
const wellKnown = new Map([
  ["inbox", "/Inbox" as FolderId],
  ["drafts", "/Drafts" as FolderId],
]);

const table: { include: string[]; exclude?: string[]; folder: string; wanted: boolean }[] = [
  { include: ["/"], folder: "/Inbox/A", wanted: true },
  { include: ["/Inbox"], folder: "/Inbox", wanted: true },
  { include: ["/Inbox"], folder: "/Inbox/A/B", wanted: true },
  { include: ["/inBOX"], folder: "/Inbox", wanted: true },
  { include: ["/Inbox"], folder: "/Inbox2", wanted: false },
  { include: ["/Inbox/A"], folder: "/Inbox", wanted: false },
  { include: ["/*/A"], folder: "/Inbox/A", wanted: true },
  { include: ["/*/A"], folder: "/Inbox/B/A", wanted: false },
  { include: ["/**/A"], folder: "/Inbox/B/A", wanted: true },
  { include: ["/**/A"], folder: "/A", wanted: true },
  { include: ["/**/A"], folder: "/Inbox/B/A/C", wanted: true },
  { include: ["/Pro*ects"], folder: "/Projects", wanted: true },
  { include: ["/*a*b*"], folder: "/xaxbx", wanted: true },
  { include: ["/*a*b"], folder: "/xbxa", wanted: false },
  { include: ["/a*a"], folder: "/a", wanted: false },
  { include: ["wellknown:inbox"], folder: "/Inbox/A", wanted: true },
  { include: ["WellKnown:Inbox"], folder: "/Inbox", wanted: true },
  { include: ["wellknown:inbox"], folder: "/Other", wanted: false },
  { include: ["wellknown:archive"], folder: "/Archive", wanted: false },
  { include: ["/"], exclude: ["wellknown:drafts"], folder: "/Drafts/Old", wanted: false },
  { include: ["/"], exclude: ["wellknown:drafts"], folder: "/Inbox", wanted: true },
  { include: ["/Inbox"], exclude: ["/Inbox/A/**"], folder: "/Inbox/A", wanted: false },
  { include: ["/Inbox"], exclude: ["/Inbox/A"], folder: "/Inbox/B", wanted: true },
];

it.each(table)(
  "include $include, exclude $exclude: $folder is wanted: $wanted",
  ({ include, exclude = [], folder, wanted }) => {
    const choice = { include, exclude, hidden: false, recoverableItems: false };
    expect(wantsFolder(choice, place(folder), wellKnown)).toBe(wanted);
  },
);

it("names the well-known folders of a profile, once each", () => {
  const include = ["/", "wellknown:Inbox"];
  const exclude = ["wellknown:inbox", "wellknown:drafts"];
  expect(wellKnownNames({ include, exclude, hidden: false, recoverableItems: false })).toEqual(["inbox", "drafts"]);
});
