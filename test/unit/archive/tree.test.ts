import { describe, expect, it } from "vitest";
import {
  concerns,
  folderEvents,
  placeFolders,
  type TreeFolder,
  treeOf,
  vanishedFolders,
} from "../../../lib/archive/tree.js";
import type { KnownFolder } from "../../../lib/catalog/messages.js";
import type { FolderId } from "../../../lib/core/ids.js";
import type { Folder } from "../../../lib/ports/mail-source.js";

const aFolder = (id: string, parentId: string, displayName = id): Folder => ({
  id: id as FolderId,
  parentId: parentId as FolderId,
  displayName,
  totalItemCount: 0,
  hidden: false,
});

describe("placing folders", () => {
  it("gives paths and lineage, parents first, in whatever order they come", () => {
    const placed = placeFolders([
      aFolder("c", "b"),
      aFolder("a", "root"),
      aFolder("b", "a", "x/y"),
      aFolder("d", "root"),
    ]);
    expect(placed.map(({ path }) => path)).toEqual(["/a", "/d", "/a/x\\/y", "/a/x\\/y/c"]);
    expect(placed.at(-1)).toMatchObject({ names: ["a", "x/y", "c"], lineage: ["a", "b", "c"] });
  });

  it("ends also when parents go in a circle", () => {
    const placed = placeFolders([aFolder("a", "b"), aFolder("b", "a"), aFolder("self", "self")]);
    expect(placed.map(({ id }) => id).sort()).toEqual(["a", "b", "self"]);
  });
});

const placed = (id: string, change: Partial<TreeFolder> = {}): TreeFolder => ({
  ...(placeFolders([aFolder(id, "root")])[0] as TreeFolder),
  ...change,
});
const known = (folderId: string, change: Partial<KnownFolder> = {}): [string, KnownFolder] => [
  folderId,
  { folderId, path: `/${folderId}`, hidden: false, gone: false, ...change },
];
const aTree = (all: TreeFolder[], wanted = all, hidden = false) => treeOf({ all, wanted }, hidden);

describe("what is new about folders", () => {
  it.each([
    { name: "a new one", before: [], told: 1 },
    { name: "one that is as it was", before: [known("a")], told: 0 },
    { name: "one that was renamed", before: [known("a", { path: "/old" })], told: 1 },
    { name: "one that was hidden", before: [known("a", { hidden: true })], told: 1 },
    { name: "one that came back", before: [known("a", { gone: true })], told: 1 },
  ])("$name: $told", ({ before, told }) => {
    expect(folderEvents(aTree([placed("a")]), new Map(before))).toHaveLength(told);
  });
});

describe("folders the archive knows and the tree does not show", () => {
  const recoverable = { path: "/Recoverable Items/Deletions", hidden: true };
  it.each([
    { name: "have vanished", folder: known("b"), hidden: false, vanished: true },
    { name: "have vanished before", folder: known("b", { gone: true }), hidden: false, vanished: false },
    {
      name: "were hidden, and hidden ones are not looked for",
      folder: known("b", { hidden: true }),
      hidden: false,
      vanished: false,
    },
    {
      name: "were hidden, and hidden ones are looked for",
      folder: known("b", { hidden: true }),
      hidden: true,
      vanished: true,
    },
    { name: "are in Recoverable Items", folder: known("b", recoverable), hidden: true, vanished: false },
    {
      name: "have a name like Recoverable Items",
      folder: known("b", { path: "/Recoverable Items/Mine" }),
      hidden: false,
      vanished: true,
    },
  ])("$name: $vanished", ({ folder, hidden, vanished }) => {
    const tree = aTree([placed("a")], [], hidden);
    expect(vanishedFolders(tree, new Map([known("a"), folder])).map(({ folderId }) => folderId)).toEqual(
      vanished ? ["b"] : [],
    );
  });
});

describe("what is owed in a folder concerns a run", () => {
  const [a, b] = [placed("a"), placed("b")];
  const folders = new Map([known("a"), known("b"), known("gone", { gone: true }), known("secret", { hidden: true })]);
  it.each([
    { folder: "a", concerned: true, why: "that reads it" },
    { folder: "b", concerned: false, why: "that leaves it to other profiles" },
    { folder: "gone", concerned: true, why: "when it has vanished" },
    { folder: "never met", concerned: true, why: "when nobody knows it" },
    { folder: "secret", concerned: false, why: "that does not look for hidden folders" },
  ])("$why: $concerned", ({ folder, concerned }) => {
    expect(concerns(aTree([a, b], [a]), folders, folder as FolderId)).toBe(concerned);
  });
});
