/** Empties `out` and builds there what is deployed. */
export function buildPackage(out: string): Promise<void>;
