// How many items to ask for at once: fewer when Graph chokes on a page, slowly more again when it does not.

/** Pages in a row that must go well before the size doubles. */
const patience = 4;

export class PageSize {
  #current: number;
  #good = 0;
  constructor(readonly largest: number) {
    this.#current = largest;
  }

  get current(): number {
    return this.#current;
  }

  /** Divides the size that failed; false when it was 1 already. Pages asked for at once shrink it once. */
  shrink(failed: number, by = 2): boolean {
    if (failed <= 1) return false;
    this.#current = Math.min(this.#current, Math.max(1, Math.floor(failed / by)));
    this.#good = 0;
    return true;
  }

  succeeded(): void {
    if (this.#current === this.largest || ++this.#good < patience) return;
    this.#current = Math.min(this.#current * 2, this.largest);
    this.#good = 0;
  }
}
