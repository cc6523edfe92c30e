import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../../lib/adapters/memory/blob-store.js";
import { sha256 } from "../../../../lib/core/digest.js";

const options = { contentType: "text/plain" };

describe("memoryBlobStore", () => {
  it("shows names and content in order, and can be tampered with", async () => {
    const blobs = memoryBlobStore();
    await blobs.putIfAbsent("b", new Uint8Array([2, 2]), { ...options, contentEncoding: "gzip" });
    await blobs.putIfAbsent("a", new Uint8Array([1]), options);
    expect(blobs.names()).toEqual(["a", "b"]);
    expect(blobs.dump()).toEqual({
      a: { size: 1, sha256: sha256(new Uint8Array([1])), contentEncoding: undefined },
      b: { size: 2, sha256: sha256(new Uint8Array([2, 2])), contentEncoding: "gzip" },
    });
    blobs.tamper("b", new Uint8Array([3]));
    expect(await blobs.get("b")).toEqual({ bytes: new Uint8Array([3]), contentEncoding: "gzip" });
    blobs.tamper("b", undefined);
    expect(blobs.names()).toEqual(["a"]);
  });
});
