// Every edge that can fail, with one fault shared by all.

import { type Fault, faulty } from "../fakes/faulty.js";
import type { WorldEdges } from "./a-world.js";

export function fragile(edges: WorldEdges, fault: Fault): WorldEdges {
  const mail: WorldEdges["mail"] = {
    // What a reader remembers is no call to the outside.
    open: (mailbox, options) => faulty(edges.mail.open(mailbox, options), fault, { safe: ["history", "unanswered"] }),
  };
  const { blobs, rows, queue, directory, exchange } = edges;
  const writer: NonNullable<WorldEdges["writer"]> = {
    open(mailbox, options) {
      if (edges.writer === undefined) throw new Error("the world has no writer");
      return faulty(edges.writer.open(mailbox, options), fault, { safe: ["history"] });
    },
  };
  return {
    ...edges,
    mail,
    writer,
    exchange: faulty(exchange, fault),
    blobs: faulty(blobs, fault),
    removal: faulty(edges.removal, fault),
    rows: faulty(rows, fault),
    queue: faulty(queue, fault),
    directory: faulty(directory, fault),
  };
}
