import { openAzuriteStorage, queueView } from "./azurite-storage.js";
import { describeWorkQueue } from "./work-queue.js";

describeWorkQueue("azure", async () => {
  const storage = await openAzuriteStorage();
  return { queue: storage.queue, ...queueView(storage) };
});
