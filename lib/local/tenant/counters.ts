// What was asked of the tenant: counts per mailbox and per route, and the last requests one by one.
import { MailboxGate } from "./limits.js";

export interface LoggedRequest {
  method: string;
  /** Path and query as received. */
  url: string;
  route: string;
  mailbox?: string;
  status: number;
  /** Body bytes sent. */
  bytes: number;
  /** What struck it, if a fault did. */
  fault?: string;
  /** Epoch milliseconds by the tenant's clock. */
  at: number;
}

export interface RouteCounts {
  requests: number;
  bytes: number;
  byStatus: Record<string, number>;
}

export interface MailboxCounts extends RouteCounts {
  maxInFlight: number;
  concurrencyViolations: number;
  windowViolations: number;
}

export interface CountersSnapshot {
  requests: number;
  bytes: number;
  byStatus: Record<string, number>;
  byRoute: Record<string, RouteCounts>;
  byMailbox: Record<string, MailboxCounts>;
  /** The most requests seen in flight at once over all mailboxes. */
  maxInFlight: number;
  concurrencyViolations: number;
  windowViolations: number;
  /** Method and path of requests no route answers; a test can insist that there are none. */
  unknownRoutes: string[];
}

/** So many requests are remembered one by one. */
const loggedRequests = 20_000;

const emptyCounts = (): RouteCounts => ({ requests: 0, bytes: 0, byStatus: {} });

export class Counters {
  private log: LoggedRequest[] = [];
  private total = emptyCounts();
  private byRoute = new Map<string, RouteCounts>();
  private byMailbox = new Map<string, RouteCounts>();
  private readonly gates = new Map<string, MailboxGate>();
  private unknown: string[] = [];
  private inFlight = 0;
  private maxInFlight = 0;

  gate(mailbox: string): MailboxGate {
    const gate = this.gates.get(mailbox) ?? new MailboxGate();
    this.gates.set(mailbox, gate);
    return gate;
  }

  started(): void {
    this.inFlight++;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
  }

  finished(request: LoggedRequest): void {
    this.inFlight--;
    if (this.log.length >= loggedRequests * 2) this.log = this.log.slice(-loggedRequests);
    this.log.push(request);
    add(this.total, request);
    add(entry(this.byRoute, request.route), request);
    if (request.mailbox !== undefined) add(entry(this.byMailbox, request.mailbox), request);
  }

  unknownRoute(method: string, path: string): void {
    if (this.unknown.length < 1_000) this.unknown.push(`${method} ${path}`);
  }

  /** The last requests, oldest first. */
  get requests(): readonly LoggedRequest[] {
    return this.log.slice(-loggedRequests);
  }

  snapshot(): CountersSnapshot {
    const mailboxes = [...this.byMailbox].map(([id, counts]) => [id, this.mailboxCounts(id, counts)] as const);
    const gates = [...this.gates.values()];
    return {
      ...this.total,
      byRoute: Object.fromEntries(this.byRoute),
      byMailbox: Object.fromEntries(mailboxes),
      maxInFlight: this.maxInFlight,
      concurrencyViolations: gates.reduce((sum, gate) => sum + gate.concurrencyViolations, 0),
      windowViolations: gates.reduce((sum, gate) => sum + gate.windowViolations, 0),
      unknownRoutes: [...this.unknown],
    };
  }

  /** Forgets everything counted so far; the ten-minute windows go on. */
  reset(): void {
    this.log = [];
    this.total = emptyCounts();
    this.byRoute.clear();
    this.byMailbox.clear();
    this.unknown = [];
    this.maxInFlight = this.inFlight;
    for (const gate of this.gates.values()) gate.forgetCounts();
  }

  private mailboxCounts(id: string, counts: RouteCounts): MailboxCounts {
    const { maxInFlightSeen, concurrencyViolations, windowViolations } = this.gate(id);
    return { ...counts, maxInFlight: maxInFlightSeen, concurrencyViolations, windowViolations };
  }
}

function entry(map: Map<string, RouteCounts>, key: string): RouteCounts {
  const counts = map.get(key) ?? emptyCounts();
  map.set(key, counts);
  return counts;
}

function add(counts: RouteCounts, { status, bytes }: LoggedRequest): void {
  counts.requests++;
  counts.bytes += bytes;
  counts.byStatus[status] = (counts.byStatus[status] ?? 0) + 1;
}
