// A finished export for a test: its bytes in a file, and what other programs make of it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { App } from "../../lib/app.js";
import type { ExportId } from "../../lib/core/ids.js";
import type { IndexLine } from "../../lib/export/export.js";
import { collected } from "./an-archive.js";

const has = (program: string, ...args: string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

export const hasPython = has("python3", "--version");
export const hasUnzip = has("unzip", "-v");

export interface Unpacked {
  /** By name, in the order of the zip. */
  files: Map<string, Buffer>;
  names: string[];
  index: IndexLine[];
  /** Lines of not-exported.jsonl. */
  gaps: { code: string; key?: string; subject?: string }[];
}

/** The zip as another program unpacks it: Python, which checks every CRC. */
export async function unpacked(app: App, id: string, below = ""): Promise<Unpacked> {
  return unzipped((await collected((await app.exports.content(id as ExportId)).body)).bytes, below);
}

const unpack = `
import sys, zipfile, json, base64
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    out = open(sys.argv[2], "w")
    for i in z.infolist():
        out.write(json.dumps([i.filename, base64.b64encode(z.read(i)).decode()]) + "\\n")
`;

export function unzipped(zip: Uint8Array, below = ""): Unpacked {
  const folder = mkdtempSync(join(tmpdir(), "mailkeep-export-"));
  try {
    const [file, out] = [join(folder, "mail.zip"), join(folder, "out.jsonl")];
    writeFileSync(file, zip);
    if (hasUnzip) execFileSync("unzip", ["-tqq", file]);
    python(unpack, file, out);
    const all = jsonLines<[string, string]>(readFileSync(out));
    const files = new Map(all.map(([name, content]) => [name, Buffer.from(content, "base64")]));
    const told = (name: string) => files.get(below + name) ?? Buffer.alloc(0);
    const names = all.map(([name]) => name);
    return { files, names, index: jsonLines(told("index.jsonl")), gaps: jsonLines(told("not-exported.jsonl")) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const jsonLines = <T>(bytes: Buffer): T[] =>
  bytes
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);

/** What the program prints; `input` is what it reads. */
export function python(program: string, ...args: (string | { input: string })[]): string {
  const input = args.flatMap((arg) => (typeof arg === "string" ? [] : [arg.input])).join("");
  const words = args.filter((arg) => typeof arg === "string");
  return execFileSync("python3", ["-c", program, ...words], { input, encoding: "utf8", maxBuffer: 1024 ** 3 });
}

const split = `
import mailbox, re, sys, json, base64
for name in sys.argv[1:]:
    box = mailbox.mbox(name, create=False)
    raw = [re.sub(rb"(?m)^>(>*From )", rb"\\1", box.get_bytes(key)) for key in box.keys()]
    print(json.dumps([base64.b64encode(message).decode() for message in raw]))
`;

/** Every mbox as {@link https://docs.python.org/3/library/mailbox.html#mbox} splits it, the quotes of mboxrd taken off. */
export function readMbox(files: Map<string, Buffer>): Map<string, Buffer[]> {
  const folder = mkdtempSync(join(tmpdir(), "mailkeep-mbox-"));
  try {
    const names = [...files.keys()].filter((name) => name.endsWith(".mbox"));
    const paths = names.map((_, index) => join(folder, `${index}.mbox`));
    names.forEach((name, index) => void writeFileSync(paths[index] ?? "", files.get(name) ?? ""));
    const read = jsonLines<string[]>(Buffer.from(python(split, ...paths)));
    return new Map(names.map((name, i) => [name, (read[i] ?? []).map((text) => Buffer.from(text, "base64"))]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
