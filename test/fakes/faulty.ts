// Makes one call to a port fail, to see what the caller does about it.

/** Shared by all the ports of one flow, so that every call to any of them can be the one that fails. */
export interface Fault {
  /** How many calls there have been. */
  calls: number;
  /** Which call fails, counted from 1; Infinity for none. */
  failAt: number;
  /** `before` (the default): the call never reaches the port. `after`: the port did it, but its answer is lost. */
  when?: "before" | "after";
  /** True: the process is dead, so every later call fails too and nothing it does in `catch` or `finally` reaches a port. */
  dead?: boolean;
  /** What is thrown; a {@link Crash} unless given. */
  error?: () => unknown;
}

export class Crash extends Error {
  override readonly name = "Crash";
}

export interface Passed<T> {
  /** Methods that answer at once with another port, whose calls count in its place. */
  opens?: (keyof T)[];
  /** Methods that answer at once and never fail. */
  safe?: (keyof T)[];
}

/**
 * The port, with every call counted and the chosen one failing. A call that answers with an iterable counts once, when it
 * is made; it fails at its first item (`before`) or where it would have ended (`after`).
 */
export function faulty<T extends object>(port: T, fault: Fault, passed: Passed<T> = {}): T {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== "function" || passed.safe?.includes(name as keyof T)) return bound(method, target);
      if (passed.opens?.includes(name as keyof T))
        return (...args: unknown[]) => faulty(Reflect.apply(method, target, args) as object, fault);
      return (...args: unknown[]) => {
        const call = ++fault.calls;
        const fails = call === fault.failAt || (fault.dead === true && call > fault.failAt);
        const thrown = fails ? (fault.error?.() ?? new Crash(`${String(name)}, call ${call}`)) : undefined;
        // Whoever is dead does nothing any more.
        if (fails && (fault.when !== "after" || call > fault.failAt)) return failing(thrown);
        const answer: unknown = Reflect.apply(method, target, args);
        return fails ? failingAfter(answer, thrown) : answer;
      };
    },
  });
}

const bound = (member: unknown, target: object) => (typeof member === "function" ? member.bind(target) : member);

/** Fails whichever way the caller looks at it: awaited, or iterated. The port is not asked which of the two it would be. */
function failing(thrown: unknown): Promise<never> & AsyncIterable<never> {
  const rejected = Promise.reject(thrown);
  rejected.catch(() => {}); // Whoever iterates never looks at the promise.
  return Object.assign(rejected, {
    // biome-ignore lint/correctness/useYield: it fails before the first item
    async *[Symbol.asyncIterator]() {
      throw thrown;
    },
  });
}

function failingAfter(answer: unknown, thrown: unknown): unknown {
  if (isAsyncIterable(answer)) return endingWith(answer, thrown);
  return (async () => {
    await answer;
    throw thrown;
  })();
}

async function* endingWith(items: AsyncIterable<unknown>, thrown: unknown): AsyncIterable<unknown> {
  yield* items;
  throw thrown;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
