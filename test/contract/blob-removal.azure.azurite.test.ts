import { openAzuriteStorage } from "./azurite-storage.js";
import { describeBlobRemoval } from "./blob-removal.js";

describeBlobRemoval("azure", openAzuriteStorage);
