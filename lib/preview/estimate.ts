// Pure: what the first run of a profile would take, from what was counted and what archiving was measured to take.
import { instance, mailboxesPerInstance, measured } from "../cost/effort.js";
import { costOf, sumOf } from "../cost/estimate.js";
import { prices } from "../cost/prices.js";

export interface Counted {
  /** Messages in the chosen folders. */
  messages: number;
  /** Those of them that the archive has. */
  archived: number;
}

export interface Estimate {
  /** `counted`: every chosen mailbox was counted; `extrapolated`: from the mean of those that were. */
  basis: "counted" | "extrapolated" | "none";
  mailboxes: number;
  messages: number;
  toFetch: number;
  /** Bytes of mail, by the mean size of a measured company. */
  bytes: number;
  storedBytes: number;
  graphRequests: number;
  /** Until the last mailbox is done, on one instance; Azure adds instances when work waits. */
  seconds: number;
  /** No mailbox is done sooner: four requests at a time and 10,000 in ten minutes are Graph's limits for each. */
  largestMailboxSeconds: number;
  usd: { run: number; storagePerMonth: number };
  measuredOn: string;
}

/** The mean message of the measured company, lib/cost/effort.ts. */
const meanMessageBytes = 62_000;
/** https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits */
const mostPerSecond = 10_000 / 600;
const gigabyte = 1e9;

/** @param chosen how many mailboxes the profile chooses; `share` of their messages the filter lets through */
export function estimate(counted: Counted[], { chosen, share }: { chosen: number; share: number }): Estimate {
  const { perMessage, perQuietMailbox, stored } = measured;
  const scale = counted.length === 0 ? 0 : chosen / counted.length;
  const sum = (of: (one: Counted) => number) => counted.reduce((total, one) => total + of(one), 0);
  const missing = ({ messages, archived }: Counted) => Math.max(0, messages - archived) * share;
  const messages = Math.round(sum(({ messages: all }) => all) * scale);
  const toFetch = Math.round(sum(missing) * scale);
  const bytes = toFetch * meanMessageBytes;
  const secondsFor = (count: number) =>
    perQuietMailbox.seconds + count * Math.max(perMessage.seconds, 1 / mostPerSecond);
  const largest = secondsFor(Math.max(0, ...counted.map(missing)));
  const atOnce = Math.max(1, Math.min(chosen, mailboxesPerInstance));
  const computing = (toFetch * perMessage.cpuSeconds + chosen * perQuietMailbox.cpuSeconds) / instance.vcpus;
  const talking = (chosen * secondsFor(chosen === 0 ? 0 : toFetch / chosen)) / atOnce;
  const cost = sumOf(costOf(perMessage, toFetch), costOf(perQuietMailbox, chosen));
  const storedBytes = Math.round(bytes * stored.share);
  return {
    basis: counted.length === 0 ? "none" : counted.length >= chosen ? "counted" : "extrapolated",
    mailboxes: chosen,
    messages,
    toFetch,
    bytes,
    storedBytes,
    graphRequests: Math.round(toFetch * perMessage.graphRequests + chosen * perQuietMailbox.graphRequests),
    seconds: Math.round(Math.max(largest, computing, talking)),
    largestMailboxSeconds: Math.round(largest),
    usd: {
      run: rounded(cost.total),
      storagePerMonth: rounded((storedBytes / gigabyte) * prices.blobGbMonth.usd),
    },
    measuredOn: measured.date,
  };
}

const rounded = (usd: number): number => Math.round(usd * 10_000) / 10_000;
