import { memoryExportStore } from "../../lib/adapters/memory/export-store.js";
import { describeBlobStore } from "./blob-store.js";
import { describeExportStore } from "./export-store.js";

describeBlobStore("memory exports", async () => memoryExportStore());
describeExportStore("memory", async () => memoryExportStore());
