// The HTTP side of the tenant's Graph: requests in, answers out after their latency, whole or broken.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "./answer.js";
import { readJson } from "./body.js";
import type { TenantState } from "./call.js";
import { Reception, type ReceptionOptions } from "./reception.js";
import { unknownRoute, type Visit } from "./visit.js";
import { send, type WireFault } from "./wire.js";

interface Arrival {
  visit: Visit;
  response: ServerResponse;
  requestId: string;
  arrivedMs: number;
}

export class GraphDoor {
  private readonly reception: Reception;
  private visits = 0;

  constructor(
    private readonly state: TenantState,
    options: ReceptionOptions,
  ) {
    this.reception = new Reception(state, options);
  }

  receive(request: IncomingMessage, response: ServerResponse): void {
    this.visits += 1;
    const arrival: Arrival = {
      visit: visitOf(request, response),
      response,
      requestId: `5a3b1e00-0000-4000-a000-${this.visits.toString(16).padStart(12, "0")}`,
      arrivedMs: performance.now(),
    };
    this.state.counters.started();
    this.reception.answer(arrival.visit).then(
      (answer) => this.deliver(arrival, answer),
      () => response.destroy(),
    );
  }

  /** Waits until the latency has passed since arrival, the time spent on the answer included. */
  private deliver(arrival: Arrival, answer: Answer): void {
    const { fault } = arrival.visit;
    const slowMs = fault?.kind === "slow" ? fault.ms : 0;
    const waitMs = this.state.faults.settings.latencyMs + slowMs - (performance.now() - arrival.arrivedMs);
    if (waitMs < 1) this.finish(arrival, answer);
    else setTimeout(() => this.finish(arrival, answer), waitMs);
  }

  private finish({ visit, response, requestId }: Arrival, answer: Answer): void {
    const { fault } = visit;
    if (fault?.kind === "reset") {
      response.socket?.resetAndDestroy();
      this.reception.log(visit, 0, 0);
      return;
    }
    const wire: { fault?: WireFault } = fault?.kind === "cut" || fault?.kind === "truncated-json" ? { fault } : {};
    const clientRequestId = visit.header("client-request-id") ?? requestId;
    const envelope = { requestId, clientRequestId, now: this.state.now(), ...wire };
    // The client may have gone while the answer was waiting.
    const bytes = response.destroyed ? 0 : send(response, answer, envelope);
    this.reception.log(visit, answer.status, bytes);
  }
}

function visitOf(request: IncomingMessage, response: ServerResponse): Visit {
  return {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(",") : value;
    },
    body: () => readJson(request),
    whenOver: (leave) => {
      // `finish` comes when the answer has been handed to the system, `close` also when the client went away.
      let inside = true;
      const once = () => {
        if (inside) leave();
        inside = false;
      };
      response.once("finish", once);
      response.once("close", once);
    },
    routeName: unknownRoute,
  };
}
