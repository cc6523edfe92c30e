// Blobs in memory, under the same rules as the service.
import { checkBlobName, checkRange } from "../../core/blob-limits.js";
import { type Sha256, sha256 } from "../../core/digest.js";
import { MailkeepError } from "../../core/errors.js";
import type { BlobRemoval } from "../../ports/blob-removal.js";
import type { BlobStore, PutOptions, StoredBlob } from "../../ports/blob-store.js";

export interface MemoryBlobStore extends BlobStore {
  /** The same blobs, to be removed. */
  removal: BlobRemoval;
  /** From now on removing the blob is refused, as a policy or a legal hold refuses it. */
  protect(name: string): void;
  /** All names, in byte order. */
  names(): string[];
  /** What is stored, small enough to compare two archives with. */
  dump(): Record<string, { size: number; sha256: Sha256; contentEncoding: "gzip" | undefined }>;
  /** Does what no port can do: changes stored bytes, or removes them (undefined), to see whether somebody notices. */
  tamper(name: string, bytes: Uint8Array | undefined): void;
}

interface KeptBlob extends StoredBlob {
  writtenAt: Date;
  version: string;
}

function removalOf(
  blobs: Map<string, KeptBlob>,
  hold: { names(): string[]; isProtected(name: string): boolean; changed(): void },
): BlobRemoval {
  return {
    async *list(prefix, after = "") {
      for (const name of [...hold.names()]) {
        const blob = blobs.get(name);
        if (blob === undefined || !name.startsWith(prefix) || name <= after) continue;
        yield { name, size: blob.bytes.length, lastModified: blob.writtenAt, version: blob.version };
      }
    },
    async remove(name, version) {
      checkBlobName(name);
      const blob = blobs.get(name);
      if (blob === undefined) return "absent";
      if (hold.isProtected(name)) return "protected";
      if (blob.version !== version) return "changed";
      blobs.delete(name);
      hold.changed();
      return "removed";
    },
  };
}

export function memoryBlobStore(now: () => Date = () => new Date(0)): MemoryBlobStore {
  const blobs = new Map<string, KeptBlob>();
  const protectedNames = new Set<string>();
  let versions = 0;
  let sortedNames: string[] | undefined;
  const changed = () => {
    sortedNames = undefined;
  };
  const names = () => (sortedNames ??= [...blobs.keys()].sort());
  const find = (name: string) => {
    checkBlobName(name);
    const blob = blobs.get(name);
    if (blob === undefined) throw new MailkeepError("not-found", `there is no blob ${name}`);
    return blob;
  };
  const put = (name: string, bytes: Uint8Array, options: PutOptions): boolean => {
    if (blobs.has(name)) return false;
    const written = { writtenAt: now(), version: `"${++versions}"` };
    blobs.set(name, { bytes, contentEncoding: options.contentEncoding, ...written });
    sortedNames = undefined;
    return true;
  };
  return {
    async putIfAbsent(name, body, options) {
      checkBlobName(name);
      return put(name, Uint8Array.from(body), options);
    },
    async putStreamIfAbsent(name, body, options) {
      checkBlobName(name);
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(Uint8Array.from(chunk));
      return put(name, new Uint8Array(Buffer.concat(chunks)), options);
    },
    async get(name) {
      const { bytes, contentEncoding } = find(name);
      return { bytes: bytes.slice(), contentEncoding };
    },
    async getRange(name, offset, length) {
      checkRange(offset, length);
      return find(name).bytes.slice(offset, offset + length);
    },
    async stream(name) {
      const { bytes, contentEncoding } = find(name);
      return { body: chunksOf(bytes), contentEncoding, size: bytes.length };
    },
    async exists(name) {
      checkBlobName(name);
      return blobs.has(name);
    },
    async *list(prefix, after = "") {
      for (const name of names())
        if (name.startsWith(prefix) && name > after) yield { name, size: blobs.get(name)?.bytes.length ?? 0 };
    },
    async *folders(prefix) {
      let last: string | undefined;
      for (const name of names()) {
        const [segment = "", ...below] = name.startsWith(prefix) ? name.slice(prefix.length).split("/") : [];
        if (below.length > 0 && segment !== last) yield segment;
        if (below.length > 0) last = segment;
      }
    },
    removal: removalOf(blobs, { names, isProtected: (name) => protectedNames.has(name), changed }),
    protect: (name) => void protectedNames.add(name),
    names: () => [...names()],
    dump: () => Object.fromEntries(names().map((name) => [name, summary(find(name))])),
    tamper(name, bytes) {
      const { bytes: _, ...rest } = find(name);
      if (bytes === undefined) blobs.delete(name);
      else blobs.set(name, { bytes: Uint8Array.from(bytes), ...rest });
      sortedNames = undefined;
    },
  };
}

const summary = ({ bytes, contentEncoding }: StoredBlob) => ({
  size: bytes.length,
  sha256: sha256(bytes),
  contentEncoding,
});

const chunkBytes = 64 * 1024;

async function* chunksOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes);
}
