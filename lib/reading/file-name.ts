// Names that senders chose, made safe to save under: on any system, and in a Content-Disposition header.

/** Most file systems take 255 bytes; some room is left for what a program or a person adds. */
const longestNameBytes = 180;
/** A longer ending is not an ending. */
const longestExtension = 12;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go
const control = /[\u0000-\u001f\u007f-\u009f]/gu;
/**
 * Characters that are not seen, or that turn the reading direction (so that `exe.pdf` is shown for `fdp.exe`), and U+FFFD.
 * The joiners U+200C and U+200D stay: Persian words and emoji need them.
 */
const unseen = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffd]/gu;
/** Not allowed on Windows. https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const forbidden = /["*:<>?|]/gu;
const device = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/iu;

/**
 * The last part of a path, without control, invisible and forbidden characters, not hidden, no device, at most 180 bytes of
 * UTF-8 with its ending kept. `fallback` (safe itself) when nothing is left.
 */
export function safeFileName(name: string | undefined, fallback: string): string {
  const last = (name ?? "").toWellFormed().split(/[/\\]/u).at(-1) ?? "";
  const clean = last.replace(control, " ").replace(unseen, "").replace(forbidden, "_").normalize("NFC");
  // Windows drops dots and blanks at the end; a dot at the beginning hides a file elsewhere.
  const trimmed = clean.replace(/\s+/gu, " ").replace(/^[. ]+|[. ]+$/gu, "");
  if (trimmed === "") return fallback;
  const short = shortened(trimmed);
  return device.test(short) ? `_${short}` : short;
}

function shortened(name: string): string {
  if (Buffer.byteLength(name) <= longestNameBytes) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && name.length - dot <= longestExtension ? name.slice(dot) : "";
  let left = longestNameBytes - Buffer.byteLength(extension);
  let stem = "";
  for (const character of name.slice(0, name.length - extension.length)) {
    left -= Buffer.byteLength(character);
    if (left < 0) break;
    stem += character;
  }
  return stem.replace(/[. ]+$/u, "") + extension;
}

const mediaType = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$/;

/** A type and subtype as RFC 6838 section 4.2 allows them, without parameters; else `application/octet-stream`. */
export function safeMediaType(type: string): string {
  const lower = type.toLowerCase();
  return mediaType.test(lower) ? lower : "application/octet-stream";
}
