import { memoryBlobStore } from "../../lib/adapters/memory/blob-store.js";
import { describeBlobRemoval } from "./blob-removal.js";

describeBlobRemoval("memory", async () => {
  const blobs = memoryBlobStore();
  return { blobs, removal: blobs.removal };
});
