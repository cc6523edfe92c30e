// Waits for every answer even if one fails: nothing may still be asked of the mailbox once its claim is given back.

/** @throws what the first one, in their order, was refused with */
export async function allAnswers<T>(asked: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(asked);
  return Promise.all(asked);
}
