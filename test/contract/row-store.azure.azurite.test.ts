import { openAzuriteStorage } from "./azurite-storage.js";
import { describeRowStore } from "./row-store.js";

describeRowStore("azure", async () => (await openAzuriteStorage()).rows);
