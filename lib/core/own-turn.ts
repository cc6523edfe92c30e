// Heavy work in small pieces: between two of them the event loop serves its sockets.

let latest: Promise<void> = Promise.resolve();

/**
 * Resolves in a turn of the event loop in which nobody else who asked goes on. Mailboxes that were begun together commit
 * together; without it their rows are written down one mailbox after the other, and what Graph has answered meanwhile waits
 * until all are through.
 */
export function ownTurn(): Promise<void> {
  latest = latest.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
  return latest;
}
