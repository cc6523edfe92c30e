// Which attachments the ledgers refer to, in little memory: a Bloom filter. It may call an orphan referenced, which keeps it
// until another plan; it never calls a referenced attachment an orphan.

/** 16 MiB: of ten million attachments it takes one orphan in 250 for referenced. */
export const filterBytes = 16 * 1024 * 1024;
const bits = filterBytes * 8;
const probes = 4;

export class ReferenceFilter {
  constructor(readonly bytes: Uint8Array = new Uint8Array(filterBytes)) {
    if (bytes.length !== filterBytes) throw new RangeError("a reference filter of another size");
  }

  add(sha256: string): void {
    for (let n = 0; n < probes; n++) {
      const bit = bitOf(sha256, n);
      this.bytes[bit >>> 3] = (this.bytes[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  }

  mayHave(sha256: string): boolean {
    for (let n = 0; n < probes; n++) {
      const bit = bitOf(sha256, n);
      if (((this.bytes[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  }
}

/** The digest is as good as random: each eight digits of it are a probe of their own. */
const bitOf = (sha256: string, n: number): number => Number.parseInt(sha256.slice(n * 8, n * 8 + 8), 16) % bits;
