import { expect, it } from "vitest";
import { missWhatWasThere } from "../../../lib/archive/absent.js";
import { placeFolders, treeOf } from "../../../lib/archive/tree.js";
import type { KnownFolder } from "../../../lib/catalog/messages.js";
import type { FolderId } from "../../../lib/core/ids.js";

const there = placeFolders(
  ["inbox", "sync"].map((id) => ({
    id: id as FolderId,
    parentId: "root" as FolderId,
    displayName: id,
    totalItemCount: 0,
    hidden: false,
  })),
);
const aTree = (absent: string[]) => ({
  ...treeOf({ all: there, wanted: there }, false),
  absent,
  lacksAll: true,
  unmatched: ["/Projects"],
});
const known = (folderId: string, path: string, change: Partial<KnownFolder> = {}) =>
  new Map([[folderId, { folderId, path, hidden: false, gone: false, ...change }]]);

it.each([
  { name: "the archive knows nothing", absent: "wellknown:archive", known: new Map(), isMissed: false },
  { name: "what it knows is there", absent: "wellknown:archive", known: known("inbox", "/Inbox"), isMissed: false },
  { name: "one at the top is not", absent: "wellknown:archive", known: known("a", "/Archiv"), isMissed: true },
  {
    name: "one at the top was not, either",
    absent: "wellknown:archive",
    known: known("a", "/Archiv", { gone: true }),
    isMissed: true,
  },
  {
    name: "one below another is not",
    absent: "wellknown:archive",
    known: known("a", "/Inbox/Archiv"),
    isMissed: false,
  },
  {
    name: "one is hidden, and nobody looked for it",
    absent: "wellknown:archive",
    known: known("a", "/Archiv", { hidden: true }),
    isMissed: false,
  },
  {
    name: "its kind stands below another",
    absent: "wellknown:conflicts",
    known: known("a", "/Sync Issues/Konflikte"),
    isMissed: true,
  },
  {
    name: "something of Recoverable Items is not there",
    absent: "Recoverable Items",
    known: known("a", "/Recoverable Items/Purges", { hidden: true }),
    isMissed: true,
  },
  {
    name: "something of Recoverable Items is not there, which is another matter",
    absent: "wellknown:archive",
    known: known("a", "/Recoverable Items/Purges", { hidden: true }),
    isMissed: false,
  },
  { name: "it is no part of Recoverable Items", absent: "Recoverable Items", known: known("a", "/A"), isMissed: false },
])("when $name, $absent is missed: $isMissed", ({ absent, known, isMissed }) => {
  expect(missWhatWasThere(aTree([absent]), known)).toMatchObject(
    isMissed
      ? { absent: [], lacksAll: false, unmatched: ["/Projects", absent] }
      : { absent: [absent], lacksAll: true, unmatched: ["/Projects"] },
  );
});
