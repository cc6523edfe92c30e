import { openAzuriteStorage } from "./azurite-storage.js";
import { describeBlobStore } from "./blob-store.js";

describeBlobStore("azure", async () => (await openAzuriteStorage()).blobs);
