// Ending in order: whatever was started last is stopped first, however the end comes.

/** A second signal this soon is the same key press, delivered twice (by the terminal and by npm). */
const samePressMs = 1_000;

export class Shutdown {
  readonly #parts: (() => Promise<void>)[] = [];
  readonly #ending = new AbortController();
  readonly #onInterrupt: () => void;
  #begunAt = 0;

  /** @param onInterrupt says to the person who interrupted what happens now. */
  constructor(onInterrupt: () => void) {
    this.#onInterrupt = onInterrupt;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => this.#interrupted());
    // The channel to whoever started this process closes when that process ends, in whatever way.
    process.on("disconnect", () => void this.end(1));
    process.channel?.unref();
    // A reader that has gone must not turn an orderly end into a crash.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  }

  /** Aborted when the end begins. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  get begun(): boolean {
    return this.signal.aborted;
  }

  /** Adds a part to be stopped. */
  add(stop: () => Promise<void>): void {
    this.#parts.push(stop);
  }

  /** Stops everything and ends the process; a second call changes nothing. */
  async end(code: number): Promise<void> {
    if (this.begun) return;
    this.#begunAt = performance.now();
    this.#ending.abort(new Error("stopped"));
    for (const stop of this.#parts.reverse()) {
      try {
        await stop();
      } catch (error) {
        process.stderr.write(`while stopping: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
    process.exit(code);
  }

  /** 130 is what shells show for a command ended by Ctrl-C. */
  #interrupted(): void {
    if (!this.begun) {
      this.#onInterrupt();
      void this.end(130);
    } else if (performance.now() - this.#begunAt > samePressMs) process.exit(130);
  }
}
