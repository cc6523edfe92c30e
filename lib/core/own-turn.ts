// Heavy work in small pieces: between two of them the event loop serves its sockets.

type Turns = () => Promise<void>;

/** Each promise resolves in a turn of the event loop of its own, in the order they were asked for. */
function openTurns(): Turns {
  let latest: Promise<void> = Promise.resolve();
  return () => (latest = latest.then(() => new Promise<void>((resolve) => setImmediate(resolve))));
}

/**
 * Resolves in a turn of the event loop in which nobody else who asked goes on. Mailboxes that were begun together commit
 * together; without it their rows are written down one mailbox after the other, and what Graph has answered meanwhile waits
 * until all are through.
 */
export const ownTurn: Turns = openTurns();

/**
 * The same for messages that have arrived, beside the pieces of commits: before one is hashed and split, every answer that
 * came with it is taken off its connection, and the next request is on its way.
 */
export const messageTurn: Turns = openTurns();
