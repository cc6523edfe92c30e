// Names of files and folders in an export: made from what senders and owners wrote, safe on any system, never twice the same.
import { shortHash } from "../core/ids.js";
import { safeFileName } from "../reading/file-name.js";

/**
 * Windows takes paths of 260 characters (https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation), the
 * place where the export is unpacked included. So 80 bytes for folders and 84 for a message leave room.
 */
const longestFolderBytes = 80;
const longestPartBytes = 50;
const longestSubjectBytes = 44;

/** `2026-03-01 0800 Invoice 4711 9f86d081884c7d65.eml`: time in UTC, subject, and 64 bits of the key, which no two share. */
export function messageFileName({
  key,
  receivedAt,
  subject,
}: {
  key: string;
  receivedAt: string;
  subject: string;
}): string {
  const [hash = "", version] = key.split("-");
  const mark = hash.slice(0, 16) + (version === undefined ? "" : `-${version}`);
  return [timeOf(receivedAt), shortened(plain(subject), longestSubjectBytes), `${mark}.eml`]
    .filter((part) => part !== "")
    .join(" ");
}

function timeOf(receivedAt: string): string {
  const time = new Date(receivedAt);
  if (Number.isNaN(time.getTime())) return "no date";
  const [date = "", clock = ""] = time.toISOString().split("T");
  return `${date} ${clock.slice(0, 5).replace(":", "")}`;
}

/** Gives each folder of a mailbox a place of its own in the export; asked again for the same folder, it gives the same. */
export function folderPlaces(): (names: string[]) => string {
  const places = new Map<string, string>();
  const taken = new Set<string>();
  return (names) => {
    const whole = JSON.stringify(names);
    const known = places.get(whole);
    if (known !== undefined) return known;
    const wanted = folderPlace(names);
    // Two folders whose names differ in case only are one on Windows and on a Mac.
    const place = taken.has(folded(wanted)) ? `${wanted} ${shortHash(whole).slice(0, 8)}` : wanted;
    places.set(whole, place);
    taken.add(folded(place));
    return place;
  };
}

/** Depends on the names alone. A name that had to be changed carries a mark of what it was, so that no two become one. */
function folderPlace(names: string[]): string {
  if (names.length === 0) return "no folder";
  const parts = names.map(partOf);
  const place = parts.join("/");
  if (Buffer.byteLength(place) <= longestFolderBytes) return place;
  const last = shortened(parts.at(-1) ?? "", longestPartBytes);
  return `${shortened(parts[0] ?? "", longestPartBytes - 20)}/~ ${last} ${shortHash(JSON.stringify(names)).slice(0, 8)}`;
}

function partOf(name: string): string {
  const safe = shortened(plain(name), longestPartBytes);
  // A folder must not be called like a file that may stand beside it.
  if (safe === name && !/\.(?:eml|mbox)$/iu.test(name)) return name;
  return `${safe === "" ? "_" : safe} ~${shortHash(name).slice(0, 8)}`;
}

/** The place of a mailbox: its address, or its id where that says too little. */
export function mailboxPlace({ id, address }: { id: string; address: string }, taken: Set<string>): string {
  const wanted = shortened(plain(address), longestPartBytes) || id;
  const place = taken.has(folded(wanted)) ? id : wanted;
  taken.add(folded(place));
  return place;
}

const folded = (name: string): string => name.normalize("NFC").toLowerCase();

/** Slashes are part of a subject or a folder's name here, and not a path. */
const plain = (name: string): string => safeFileName(name.replace(/[/\\]/gu, "-"), "");

function shortened(name: string, bytes: number): string {
  if (Buffer.byteLength(name) <= bytes) return name;
  let left = bytes;
  let short = "";
  for (const { segment } of letters.segment(name)) {
    left -= Buffer.byteLength(segment);
    if (left < 0) break;
    short += segment;
  }
  return short.replace(/[. ]+$/u, "");
}

/** As people count letters: a family emoji is kept whole or not at all. */
const letters = new Intl.Segmenter("und", { granularity: "grapheme" });
