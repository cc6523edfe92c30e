// What a route answers, before it meets the wire; and errors in Graph's own shape.

export type AnswerBody =
  | { kind: "json"; json: unknown }
  /** Sent chunked, without a Content-Length, as Graph sends MIME. */
  | { kind: "parts"; parts: Buffer[]; contentType: string }
  | { kind: "text"; text: string; contentType: string }
  | { kind: "empty" };

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: AnswerBody;
  /** The answer is an error with this code; the body is filled in when it is sent, because it names the request. */
  error?: { code: string; message: string };
}

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: {},
  body: { kind: "json", json: value },
});

export const noContent = (): Answer => ({ status: 204, headers: {}, body: { kind: "empty" } });

export function graphError(status: number, code: string, message: string): Answer {
  return { status, headers: {}, body: { kind: "empty" }, error: { code, message } };
}

/** Thrown by routes to answer at once with an error. */
export class Refusal extends Error {
  constructor(readonly answer: Answer) {
    super(answer.error?.message ?? `status ${answer.status}`);
  }
}

export function refuse(status: number, code: string, message: string): never {
  throw new Refusal(graphError(status, code, message));
}

export const itemNotFound = (): never =>
  refuse(404, "ErrorItemNotFound", "The specified object was not found in the store.");

export const malformedId = (): never => refuse(400, "ErrorInvalidIdMalformed", "Id is malformed.");
