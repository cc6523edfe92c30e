// Does the next few pieces of work while the first is being used, and gives the results in order.

export async function* ahead<T, R>(items: Iterable<T>, width: number, work: (item: T) => Promise<R>): AsyncIterable<R> {
  const begun: Promise<R>[] = [];
  const begin = (item: T) => {
    const result = work(item);
    // Whoever takes it hears of its failure; if nobody does any more, it is no fault.
    result.catch(() => {});
    begun.push(result);
  };
  for (const item of items) {
    begin(item);
    if (begun.length === width) yield await (begun.shift() as Promise<R>);
  }
  for (const result of begun) yield await result;
}
