// Connections that the settings bring along. Each is made once, by its name; from then on the API's word holds: what was changed
// or removed there is not undone by a setting.
import { z } from "zod";
import { isMailkeepError } from "../core/errors.js";
import { ConnectionId, defaultConnection } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import type { Reach } from "../ports/tenants.js";
import { ConnectionInput } from "./connection.js";
import { connectionLimit } from "./edit.js";
import { insertConnection } from "./repo.js";
import { type ConnectionRules, settle } from "./settle.js";

/** What a setting or a file says, and what it is called. */
export interface SeedText {
  /** `CONNECTIONS`, or the setting that names the file. */
  source: string;
  text: string;
}

export interface Seed {
  id: ConnectionId;
  source: string;
  description: string;
  reach: Reach;
}

const Seeds = z.record(z.string(), ConnectionInput);

/** An object of connections by their names, each as the API takes it; what comes first wins. @throws Error naming every fault */
export function readSeeds(texts: SeedText[], rules: ConnectionRules): Seed[] {
  const faults: string[] = [];
  const seeds = new Map<string, Seed>();
  for (const { source, text } of texts) {
    const parsed = Seeds.safeParse(jsonIn(text));
    if (!parsed.success) {
      faults.push(...parsed.error.issues.map(({ path, message }) => `  ${[source, ...path].join(".")}: ${message}`));
      continue;
    }
    for (const [name, input] of Object.entries(parsed.data)) {
      try {
        const id = nameOf(name);
        const key = id.toLowerCase();
        const seed = { id, source, description: input.description, reach: settle(input, rules) };
        if (!seeds.has(key)) seeds.set(key, seed);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        faults.push(`  ${source}.${name.slice(0, 80)}: ${error.message}`);
      }
    }
  }
  if (seeds.size > connectionLimit) faults.push(`  CONNECTIONS: names more than ${connectionLimit} connections`);
  if (faults.length > 0) throw new Error(`mailkeep cannot start: bad settings\n${faults.join("\n")}`);
  return [...seeds.values()];
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function nameOf(name: string): ConnectionId {
  if (name.toLowerCase() === defaultConnection)
    throw new Error("default is the connection of GRAPH_BASE_URL, TENANT_ID and AZURE_CLIENT_ID; set those");
  const parsed = ConnectionId.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map(({ message }) => message).join("; "));
}

export interface SeedDeps {
  rows: RowStore;
  clock: Clock;
  log: Log;
}

/** Beside the definitions, so that a name that was removed is still known. */
const sown = "sown";

/** Cheap when all are there: one read for each. */
export async function sowConnections(seeds: Seed[], { rows, clock, log }: SeedDeps): Promise<void> {
  for (const { id, source, description, reach } of seeds) {
    const key = { partition: sown, row: id.toLowerCase() };
    if ((await rows.get("connections", key)) !== undefined) continue;
    const now = clock.now().toISOString();
    try {
      await insertConnection(rows, { id, description, ...reach, createdAt: now, updatedAt: now });
      log.info("connection made from the settings", { connection: id, source });
    } catch (error) {
      // It was made by the API, or by another instance just now: that one stands.
      if (!isMailkeepError(error, "conflict")) throw error;
    }
    // After it: dying between the two costs a look, not a connection.
    await rows.upsert("connections", key, { at: now });
  }
}
