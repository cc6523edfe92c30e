// A small app for the host's own tests: one function of each kind the host has to run.
import { EventEmitter } from "node:events";
import { app, type HttpRequest } from "@azure/functions";
import { followAnswers, paced } from "../../functions/http/pace.js";

/** What the toy's functions saw and how the queue function shall behave; the tests read and set it. */
export const seen = {
  timers: [] as { isPastDue: boolean; next: string }[],
  deliveries: [] as { text: unknown; dequeueCount: number; id: string }[],
  running: 0,
  mostRunning: 0,
  producedBytes: 0,
};

/** What the queue function does with a message, by its text. */
export const behaviour = { work: async (_text: unknown): Promise<void> => {} };

export const chunkBytes = 64 * 1024;
/** Says `ended` when a stream's source is closed, whether it came to its end or not. */
export const streams = new EventEmitter();

app.setup({ enableHttpStream: true });
followAnswers();

app.http("echo", {
  route: "things/{id:int}/{name?}",
  methods: ["GET", "PUT"],
  handler: async (request) => ({
    status: 201,
    headers: { "x-seen": request.headers.get("x-sent") ?? "" },
    jsonBody: {
      params: request.params,
      query: Object.fromEntries(request.query),
      url: request.url,
      body: request.method === "PUT" ? Buffer.from(await request.arrayBuffer()).toString("hex") : null,
    },
  }),
});
app.http("special", { route: "things/7/special", methods: ["GET"], handler: () => ({ body: "the literal one" }) });
app.http("rest", { route: "files/{*path}", methods: ["GET"], handler: ({ params }) => ({ jsonBody: params }) });
app.http("nothing", { methods: ["POST"], handler: () => undefined as never });
app.http("fails", {
  methods: ["GET"],
  handler: () => {
    throw new Error("as asked");
  },
});
app.http("count", { methods: ["POST"], handler: async (request) => ({ body: String(await countBytes(request)) }) });
app.http("stream", {
  methods: ["GET"],
  handler: ({ query }, { invocationId }) => ({
    body: paced(chunks(Number(query.get("chunks")), Number(query.get("breakAt") ?? Infinity)), invocationId),
  }),
});

async function countBytes(request: HttpRequest): Promise<number> {
  let count = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) count += chunk.length;
  return count;
}

async function* chunks(count: number, breakAt: number): AsyncGenerator<Uint8Array> {
  try {
    for (let at = 0; at < count; at++) {
      if (at === breakAt) throw new Error("broken half way");
      seen.producedBytes += chunkBytes;
      yield new Uint8Array(chunkBytes).fill(at % 251);
    }
  } finally {
    streams.emit("ended");
  }
}

app.timer("tick", {
  schedule: "%TICK%",
  handler: async (timer) => {
    seen.timers.push({ isPastDue: timer.isPastDue, next: timer.scheduleStatus.next });
  },
});

app.storageQueue("worker", {
  queueName: "%WORK_QUEUE%",
  connection: "TOY_STORAGE",
  handler: async (text, context) => {
    const { dequeueCount, id } = context.triggerMetadata as unknown as { dequeueCount: number; id: string };
    seen.deliveries.push({ text, dequeueCount, id });
    seen.mostRunning = Math.max(seen.mostRunning, ++seen.running);
    try {
      await behaviour.work(text);
    } finally {
      seen.running--;
    }
  },
});
