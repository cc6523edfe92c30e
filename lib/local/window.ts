// Keeps a streamed answer in step with its reader: the library writes an answer's body without waiting for the socket
// (http/httpProxy.ts, 4.16.5), so a slow reader would make it pile up in this process.

/** How much of a body may be under way between the function and the reader. */
const limitBytes = 4 * 1024 * 1024;

export class Window {
  #underWay = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  given(bytes: number): void {
    this.#underWay += bytes;
  }

  taken(bytes: number): void {
    this.#underWay -= bytes;
    this.#wake?.();
  }

  /** The reader has gone: nothing more needs to be made. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** Resolves when more may be given: true, or false when nobody reads any more. */
  async room(): Promise<boolean> {
    while (this.#underWay >= limitBytes && !this.#closed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return !this.#closed;
  }
}

interface Answer {
  status?: number;
  headers?: unknown;
  cookies?: unknown;
  body?: unknown;
}

/** The same answer, its body (when it is a stream) given out no faster than the window allows. */
export function metered(result: unknown, window: Window): unknown {
  if (typeof result !== "object" || result === null) return result;
  const { status, headers, cookies, body } = result as Answer;
  return body instanceof ReadableStream ? { status, headers, cookies, body: paced(body, window) } : result;
}

function paced(body: ReadableStream<Uint8Array>, window: Window): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!(await window.room())) {
          await reader.cancel();
          controller.error(new Error("the reader has gone"));
          return;
        }
        const { done, value } = await reader.read();
        if (done) controller.close();
        else {
          window.given(value.byteLength);
          controller.enqueue(value);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
