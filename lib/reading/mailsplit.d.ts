// What we use of @zone-eu/mailsplit 5.4.7, which ships no types. `newNode`, `node` and `processLine` are its own inner parts:
// the version is pinned for their sake.
declare module "@zone-eu/mailsplit" {
  import type { Transform } from "node:stream";

  /** One MIME entity; what its headers say is there from the `node` item on. */
  export interface MimeNode {
    type: "node";
    /** Lower case; false when the header is empty. */
    contentType: string | false;
    /** The subtype of a multipart entity. */
    multipart: string | false;
    /** Content-Disposition without parameters, lower case. */
    disposition: string | false;
    /** Content-Transfer-Encoding, lower case, without comments. */
    encoding: string | false;
    /** From Content-Disposition or Content-Type, decoded (RFC 2047, RFC 2231). */
    filename: string | false;
    headers: { getFirst(name: string): string };
    addHeaderChunk(line: Buffer): void;
  }

  /** `body`: bytes of a leaf; `data`: boundaries and what stands between parts. */
  export type SplitItem = MimeNode | { type: "body" | "data"; node: MimeNode; value?: Buffer };

  export type Next = (error: Error | null, item?: SplitItem | false, flush?: boolean) => void;

  class Splitter extends Transform {
    constructor(config: { ignoreEmbedded: boolean; maxHeadSize: number; maxChildNodes: number });
    protected node: MimeNode;
    protected newNode(parent: MimeNode | false | undefined): void;
    protected processLine(line: Buffer | false, final: boolean, next: Next): void;
  }

  const mailsplit: { Splitter: typeof Splitter };
  export default mailsplit;
}
