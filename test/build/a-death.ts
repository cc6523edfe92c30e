// A worker that dies at one of its calls to the outside, and the workers that go on after it.
import { minute } from "../../lib/core/time.js";
import type { Fault } from "../fakes/faulty.js";
import { aWorld, type World } from "./a-world.js";
import { fragile } from "./fragile-edges.js";

/** A worker beside the world's own, on the same mailbox and stores, that dies of the fault. */
export function aDyingWorker(world: World, fault: Fault): Promise<World> {
  const { tenant, clock } = world;
  return aWorld({ shared: tenant, clock, stores: world, edges: (edges) => fragile(edges, fault) });
}

/** Works off the queue until the fault has struck, or nothing is left to do. */
export async function workUntilDead(dying: World, fault: Fault): Promise<void> {
  for (let item = dying.queue.receive(); item !== undefined; item = dying.queue.receive()) {
    await dying.app.work(item).catch(() => {});
    // The host gives an item whose worker died to the next one, once its invisibility has run out.
    if (fault.calls >= fault.failAt) return dying.queue.send(item, { delayMs: minute });
  }
}

/** Healthy workers take over: what is due at once, and what the timers revive when `afterMs` have gone by. */
export async function carryOn(world: World, afterMs = 5 * minute): Promise<void> {
  await world.settle();
  world.clock.advance(afterMs);
  await world.app.tidy();
  await world.settle();
  await world.app.tidy();
}
