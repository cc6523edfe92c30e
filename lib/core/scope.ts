// What is being done just now: ids that stand on every line logged meanwhile, and what is counted on the way. It travels
// with the asynchronous flow, so nobody has to hand it on.
import { AsyncLocalStorage } from "node:async_hooks";

export type ScopeFields = Record<string, string | number | boolean | undefined>;

interface Scope {
  fields: ScopeFields;
  counts: Map<string, number> | undefined;
}

const scopes = new AsyncLocalStorage<Scope>();

/** The ids of all scopes around. */
export const scopeFields = (): ScopeFields => scopes.getStore()?.fields ?? {};

/** Runs something within a scope of these ids; inner ones come on top of outer ones. */
export function within<T>(fields: ScopeFields, body: () => T): T {
  const outer = scopes.getStore();
  return scopes.run({ fields: { ...outer?.fields, ...fields }, counts: outer?.counts }, body);
}

/** The same, and hands out what was counted inside when it is over, also when it failed. */
export async function measured<T>(
  fields: ScopeFields,
  body: () => Promise<T>,
  told: (counts: ReadonlyMap<string, number>) => void,
): Promise<T> {
  const counts = new Map<string, number>();
  const outer = scopes.getStore();
  return scopes.run({ fields: { ...outer?.fields, ...fields }, counts }, async () => {
    try {
      return await body();
    } finally {
      told(counts);
    }
  });
}

/** Adds to a count of the scope that measures; nothing outside of one. */
export function count(name: string, by = 1): void {
  const counts = scopes.getStore()?.counts;
  counts?.set(name, (counts.get(name) ?? 0) + by);
}
