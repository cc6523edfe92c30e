import { openAzuriteStorage } from "./azurite-storage.js";
import { describeExportStore } from "./export-store.js";

describeExportStore("azure", async () => (await openAzuriteStorage()).exports);
