// The rights in Microsoft 365 that an identity should have, by infra/rights.json, against those in its token.
import rights from "../../infra/rights.json" with { type: "json" };

export type Identity = "reader" | "writer";

export interface ExpectedRight {
  value: string;
  /** Exchange can give it for chosen mailboxes only; then it does not stand in the token. */
  mayBeScoped: boolean;
}

export interface RightsFinding {
  /** Null: the token does not say. */
  held: string[] | null;
  missing: ExpectedRight[];
  /** More than is needed, with the most dangerous first. */
  extra: { value: string; isDangerous: boolean }[];
}

export const expectedRights = (identity: Identity): ExpectedRight[] =>
  (rights.graph[identity] as { value: string; exchangeRole?: string }[]).map(({ value, exchangeRole }) => ({
    value,
    mayBeScoped: exchangeRole !== undefined,
  }));

/** Of use to profiles that name groups; neither missing nor too much. */
const ifNeeded = (identity: Identity): string[] =>
  identity === "reader" ? rights.graph.readerIfNeeded.map(({ value }) => value) : [];

/** Rights beyond those that the identity may have. */
export const beyond = (identity: Identity, held: readonly string[]): string[] => {
  const fine = [...expectedRights(identity).map(({ value }) => value), ...ifNeeded(identity)];
  return held.filter((value) => !fine.includes(value));
};

/** What can change, send or give rights is dangerous in the hands of whoever should only read. */
const isDangerous = (value: string, identity: Identity): boolean =>
  rights.graph.tooMuch.includes(value) ||
  (identity === "reader" && rights.graph.writer.some((right) => right.value === value)) ||
  /write|send|manage|full_access|import|control/i.test(value);

/** Pure: rights in the token compared with those that the identity needs. */
export function judgeRights(identity: Identity, held: readonly string[] | undefined): RightsFinding {
  const expected = expectedRights(identity);
  if (held === undefined) return { held: null, missing: [], extra: [] };
  const extra = beyond(identity, held)
    .map((value) => ({ value, isDangerous: isDangerous(value, identity) }))
    .sort((a, b) => Number(b.isDangerous) - Number(a.isDangerous) || (a.value < b.value ? -1 : 1));
  return { held: [...held], missing: expected.filter(({ value }) => !held.includes(value)), extra };
}
