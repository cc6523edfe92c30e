// The header of one MIME part: only its Content-… fields, and no more of them than any honest program writes.
import { isUtf8 } from "node:buffer";
import libmime from "libmime";
import { refused } from "./refused.js";

/** The fields of one part together. Decoding them takes time that grows faster than their length. */
const longestHeadUnits = 32 * 1024;

export interface PartHead {
  /** Lower case, without parameters; empty when the part does not say. */
  contentType: string;
  /** Lower case; empty when the part does not say. */
  disposition: string;
  encoding: string;
  /** As the sender spelled it: any characters, any length. */
  filename: string | undefined;
  contentId: string | undefined;
  /** Of a multipart. */
  boundary: string | undefined;
}

/** Collects the lines of a header; what is not wanted is not kept. */
export class HeadLines {
  private kept = "";
  private wanted = false;

  /** `continued`: the line goes on one that was too long to be held. */
  add(line: Buffer, continued: boolean): void {
    const folded = continued || line[0] === 0x20 || line[0] === 0x09;
    if (!folded) this.wanted = /^content-/i.test(line.toString("latin1", 0, 8));
    if (!this.wanted) return;
    this.kept += line.toString("latin1");
    if (this.kept.length > longestHeadUnits) throw refused("the message has a header that is too long");
  }

  /** True for base64 that follows the header without the empty line between; some programs send it so. */
  endsBefore(line: Buffer): boolean {
    return (
      line.length > 60 && !line.includes(0x3a) && this.encoding === "base64" && base64Line.test(line.toString("latin1"))
    );
  }

  private get encoding(): string {
    return (this.fields().get("content-transfer-encoding") ?? "").split(/[\s;(]/, 1)[0]?.toLowerCase() ?? "";
  }

  parse(): PartHead {
    const fields = this.fields();
    const type = structured(fields.get("content-type"));
    const disposition = structured(fields.get("content-disposition"));
    const filename = disposition.params.filename || type.params.name;
    return {
      contentType: type.value,
      disposition: disposition.value,
      encoding: this.encoding,
      filename: filename === undefined ? undefined : spelled(filename),
      contentId: fields.get("content-id")?.trim().replace(/^<|>$/g, "") || undefined,
      boundary: type.value.startsWith("multipart/") ? type.params.boundary : undefined,
    };
  }

  /** By lower-case name, unfolded; the first one of a name counts. */
  private fields(): Map<string, string> {
    const fields = new Map<string, string>();
    for (const field of this.kept.replace(/\r?\n[ \t]/g, " ").split(/\r?\n/)) {
      const colon = field.indexOf(":");
      const name = field.slice(0, colon).trim().toLowerCase();
      if (colon > 0 && !fields.has(name)) fields.set(name, field.slice(colon + 1).trim());
    }
    return fields;
  }
}

const base64Line = /^[A-Za-z0-9+/]{60,}={0,2}\s*$/;

function structured(field: string | undefined): { value: string; params: Record<string, string | undefined> } {
  const { value, params } = libmime.parseHeaderValue(field ?? "");
  return { value: (value || "").toLowerCase().trim(), params };
}

/** Names come in encoded words, and from many programs in plain UTF-8, which was read as Latin-1 here. */
function spelled(name: string): string {
  const bytes = Buffer.from(name, "latin1");
  const plain = !/[\u{100}-\u{10ffff}]/u.test(name) && isUtf8(bytes) ? bytes.toString("utf8") : name;
  return libmime.decodeWords(plain);
}
