import { memoryRowStore } from "../../lib/adapters/memory/row-store.js";
import { describeRowStore } from "./row-store.js";

describeRowStore("memory", async () => memoryRowStore());
