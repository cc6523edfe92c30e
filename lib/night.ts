// The night's round: each piece of work whatever becomes of the others; the first that failed is what is told.

export type NightWork = () => Promise<unknown>;

/** One after the other, so that they do not take each other's time. @throws what the first of them threw that failed */
export async function night(round: NightWork[]): Promise<void> {
  const failures: unknown[] = [];
  for (const work of round)
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  if (failures.length > 0) throw failures[0];
}
