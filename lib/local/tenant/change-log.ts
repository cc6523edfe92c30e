// What happened to the items of one folder, in order, as a delta round needs to tell it.

export interface LogEntry {
  seq: number;
  /** The immutable id. */
  id: string;
  /** The movable id at that time. */
  movableId: string;
  present: boolean;
  /** The last change that was more than the read state; later ones are told with few properties. */
  fullSeq: number;
  /** The item had left and come back: when it left, and under which movable id. */
  away?: { seq: number; movableId: string };
  superseded: boolean;
}

export type ChangeExtent = "all" | "read-state";

/** Only the newest entry of an item lives; older ones are swept up when they outnumber the living. */
export class ChangeLog {
  head = 0;
  private entries: LogEntry[] = [];
  private readonly latest = new Map<string, LogEntry>();
  private superseded = 0;

  created(id: string, movableId: string): void {
    const before = this.latest.get(id);
    const seq = this.next(before);
    const away = before && !before.present ? { away: { seq: before.seq, movableId: before.movableId } } : {};
    this.append({ seq, id, movableId, present: true, fullSeq: seq, superseded: false, ...away });
  }

  changed(id: string, movableId: string, extent: ChangeExtent): void {
    const before = this.latest.get(id);
    const seq = this.next(before);
    const fullSeq = extent === "all" ? seq : (before?.fullSeq ?? seq);
    const away = before?.away ? { away: before.away } : {};
    this.append({ seq, id, movableId, present: true, fullSeq, superseded: false, ...away });
  }

  removed(id: string, movableId: string): void {
    const before = this.latest.get(id);
    const seq = this.next(before);
    this.append({ seq, id, movableId, present: false, fullSeq: seq, superseded: false });
  }

  /** Living entries with `after` < seq <= `upTo`, oldest first. */
  *between(after: number, upTo: number): Iterable<LogEntry> {
    for (let i = this.firstAfter(after); i < this.entries.length; i++) {
      const entry = this.entries[i];
      if (!entry || entry.seq > upTo) return;
      if (!entry.superseded) yield entry;
    }
  }

  /** The living entry with exactly this number, if there is one. */
  at(seq: number): LogEntry | undefined {
    const entry = this.entries[this.firstAfter(seq - 1)];
    return entry?.seq === seq && !entry.superseded ? entry : undefined;
  }

  private next(before: LogEntry | undefined): number {
    if (before && !before.superseded) {
      before.superseded = true;
      this.superseded++;
    }
    this.head += 1;
    return this.head;
  }

  private append(entry: LogEntry): void {
    this.entries.push(entry);
    this.latest.set(entry.id, entry);
    if (this.superseded > 64 && this.superseded > this.entries.length / 2) {
      this.entries = this.entries.filter((e) => !e.superseded);
      this.superseded = 0;
    }
  }

  private firstAfter(seq: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.entries[middle]?.seq ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
