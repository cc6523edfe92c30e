// Queue triggers with the semantics of Azure's host: batches, leases that are renewed, retries, poison queues.
import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import { type FunctionsCore, triggerOf } from "./functions-core.js";
import { type Environment, type QueueSettings, resolveSettings } from "./host-settings.js";
import { openQueueService } from "./queue-client.js";
import { decode, metadataOf, moveToPoison } from "./queue-message.js";

export interface QueueOptions {
  core: FunctionsCore;
  env: Environment;
  settings: QueueSettings;
  track<T>(work: Promise<T>): Promise<T>;
  warn(message: string): void;
  /** Called when an invocation has ended: it may have put something on a queue. */
  worked(): void;
  /**
   * How long a received message stays hidden, in milliseconds; renewed every third of it while its function runs. Azure's
   * host takes ten minutes; here a message left by a killed process should be back soon. Default 30 s.
   */
  leaseMs?: number;
}

/** First pause after an empty look; doubles up to {@link longestPauseMs} or the host.json's maxPollingInterval. */
const firstPauseMs = 100;
const longestPauseMs = 1_000;

export interface QueueListeners {
  /** Look now instead of at the end of the pause: something may have been put there. */
  nudge(): void;
  /** Takes no more messages. */
  stop(): void;
  /** Makes the messages whose functions are still running visible again at once; for a process about to end. */
  release(): Promise<void>;
}

/** Starts a listener for every queue trigger. @throws Error for a missing setting. */
export function startQueues(options: QueueOptions): QueueListeners {
  const listeners = options.core
    .functions()
    .map((target) => ({ name: target.name, trigger: triggerOf(target) }))
    .filter(({ trigger }) => trigger.type.toLowerCase() === "queuetrigger")
    .map(({ name, trigger }) => {
      const service = openQueueService(String(trigger.connection || "AzureWebJobsStorage"), options.env);
      const queue = resolveSettings(String(trigger.queueName), options.env);
      return new QueueListener(name, service.getQueueClient(queue), poisonQueueOf(queue, service), options);
    });
  for (const listener of listeners) void listener.run();
  return {
    nudge: () => listeners.forEach((listener) => void listener.nudge()),
    stop: () => listeners.forEach((listener) => void listener.stop()),
    release: async () => {
      await Promise.all(listeners.map((listener) => listener.release()));
    },
  };
}

/** A poison queue has none of its own: what fails there is tried again. */
function poisonQueueOf(queue: string, service: { getQueueClient(name: string): QueueClient }): QueueClient | undefined {
  return queue.endsWith("-poison") ? undefined : service.getQueueClient(`${queue}-poison`);
}

interface Held {
  message: DequeuedMessageItem;
  /** Changes with every renewal. */
  popReceipt: string;
}

class QueueListener {
  readonly #running = new Set<Held>();
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(
    readonly name: string,
    readonly queue: QueueClient,
    readonly poison: QueueClient | undefined,
    readonly options: QueueOptions,
  ) {}

  /** The next batch is fetched when no more than newBatchThreshold messages of the last are still running. */
  async run(): Promise<void> {
    const { batchSize, newBatchThreshold } = this.options.settings;
    let pauseMs = firstPauseMs;
    while (!this.#stopped) {
      if (this.#running.size > newBatchThreshold) {
        await this.#pause(undefined);
        continue;
      }
      const batch = await this.#receive(batchSize);
      // The whole of it is waited for at a stop: a message done but not yet deleted would be done twice.
      for (const message of batch) void this.options.track(this.#work(message));
      if (batch.length > 0) pauseMs = firstPauseMs;
      else {
        await this.#pause(pauseMs);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs, this.options.settings.maxPollingInterval);
      }
    }
  }

  nudge(): void {
    this.#wake?.();
  }

  stop(): void {
    this.#stopped = true;
    this.nudge();
  }

  async release(): Promise<void> {
    await Promise.all(
      [...this.#running].map(({ message, popReceipt }) =>
        this.queue
          .updateMessage(message.messageId, popReceipt, undefined, 0)
          .catch((error: unknown) => this.#warn("could not be given back; it returns when its lease ends", error)),
      ),
    );
  }

  get #leaseSeconds(): number {
    return Math.ceil((this.options.leaseMs ?? 30_000) / 1_000);
  }

  /** A queue that does not exist yet is empty, as in Azure's host; any other trouble is said and tried again. */
  async #receive(count: number): Promise<DequeuedMessageItem[]> {
    try {
      const found = await this.queue.receiveMessages({
        numberOfMessages: count,
        visibilityTimeout: this.#leaseSeconds,
      });
      return this.#stopped ? [] : found.receivedMessageItems;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 404) this.#warn("could not be read", error);
      return [];
    }
  }

  async #work(message: DequeuedMessageItem): Promise<void> {
    const held: Held = { message, popReceipt: message.popReceipt };
    this.#running.add(held);
    const renewal = this.#keepHidden(held);
    try {
      const succeeded = await this.#invoke(message);
      clearInterval(renewal);
      if (succeeded) await this.queue.deleteMessage(message.messageId, held.popReceipt);
      else await this.#failed(held);
    } catch (error) {
      this.#warn(`message ${message.messageId} could not be settled; it will come back`, error);
    } finally {
      clearInterval(renewal);
      this.#running.delete(held);
      this.options.worked();
    }
  }

  async #invoke(message: DequeuedMessageItem): Promise<boolean> {
    const { settings, core } = this.options;
    const text = decode(message.messageText, settings.messageEncoding);
    // Delivered too often already (its functions died before they could fail), or not text at all: straight to poison.
    if (text === undefined || message.dequeueCount > settings.maxDequeueCount) return false;
    try {
      await core.invoke(this.name, { input: { string: text }, triggerMetadata: metadataOf(message, text) });
      return true;
    } catch (error) {
      this.#warn(`message ${message.messageId}, delivery ${message.dequeueCount}, failed`, error);
      return false;
    }
  }

  async #failed({ message, popReceipt }: Held): Promise<void> {
    const { maxDequeueCount, visibilityTimeout, messageEncoding } = this.options.settings;
    const hopeless = decode(message.messageText, messageEncoding) === undefined;
    if (this.poison !== undefined && (hopeless || message.dequeueCount >= maxDequeueCount))
      await moveToPoison({ message, popReceipt, from: this.queue, to: this.poison });
    else await this.queue.updateMessage(message.messageId, popReceipt, undefined, Math.ceil(visibilityTimeout / 1_000));
  }

  #keepHidden(held: Held): NodeJS.Timeout {
    return setInterval(
      () => {
        this.queue.updateMessage(held.message.messageId, held.popReceipt, undefined, this.#leaseSeconds).then(
          ({ popReceipt }) => {
            if (popReceipt !== undefined) held.popReceipt = popReceipt;
          },
          (error: unknown) => this.#warn(`message ${held.message.messageId} could not be kept hidden`, error),
        );
      },
      (this.#leaseSeconds * 1_000) / 3,
    );
  }

  #pause(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #warn(what: string, error: unknown): void {
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.options.warn(`queue ${this.queue.name} (${this.name}): ${what}: ${cause}`);
  }
}
