// Takes work items off the queue; an item that fails too often lands in the poison queue and is shown on its run.
import { app as functions } from "@azure/functions";
import type { App } from "../../lib/app.js";

/** The host gives a JSON message as a parsed object, any other as text. */
const asText = (message: unknown): string => (typeof message === "string" ? message : JSON.stringify(message));

export function registerQueues(app: App): void {
  const connection = "ARCHIVE_STORAGE";
  functions.storageQueue("work", { connection, queueName: "work", handler: (message) => app.work(asText(message)) });
  functions.storageQueue("poison", {
    connection,
    queueName: "work-poison",
    handler: (message) => app.poison(asText(message)),
  });
}
