// One page of a long list: the first items of an iterable, and from where to go on.

export interface Page<T> {
  value: T[];
  /** The key of the last item given, when there are more. */
  next?: string;
}

export interface PageRequest {
  /** At most this many items. */
  limit: number;
  /** The key of the last item already given. */
  after?: string;
}

export async function onePage<T>(items: AsyncIterable<T>, limit: number, keyOf: (item: T) => string): Promise<Page<T>> {
  const value: T[] = [];
  for await (const item of items) {
    const last = value.at(-1);
    if (value.length === limit && last !== undefined) return { value, next: keyOf(last) };
    value.push(item);
  }
  return { value };
}
