// Sends answers over HTTP, whole or broken as a fault wants them.
import type { ServerResponse } from "node:http";
import type { Answer } from "./answer.js";

export interface WireFault {
  kind: "cut" | "truncated-json";
  afterBytes?: number;
}

export interface Envelope {
  requestId: string;
  clientRequestId: string;
  now: Date;
  fault?: WireFault;
}

/** Sends and returns how many body bytes were sent. */
export function send(response: ServerResponse, answer: Answer, envelope: Envelope): number {
  const headers: Record<string, string> = {
    "request-id": envelope.requestId,
    "client-request-id": envelope.clientRequestId,
    "x-ms-ags-diagnostic":
      '{"ServerInfo":{"DataCenter":"Sample","Slice":"E","Ring":"5","ScaleUnit":"000","RoleInstance":"SAMPLE"}}',
    ...answer.headers,
  };
  const { body } = answer;
  if (body.kind === "parts") return sendParts(response, body.parts, { answer, headers, envelope });
  const payload = payloadOf(answer, envelope);
  if (payload.type !== "") headers["content-type"] = payload.type;
  const bytes = envelope.fault?.kind === "truncated-json" ? truncated(payload.bytes) : payload.bytes;
  if (answer.status !== 204) headers["content-length"] = String(bytes.length);
  response.writeHead(answer.status, headers);
  if (envelope.fault?.kind !== "cut") {
    response.end(bytes);
    return bytes.length;
  }
  const sent = envelope.fault.afterBytes ?? Math.floor(bytes.length / 2);
  breakAfter(response, [bytes.subarray(0, sent)]);
  return Math.min(sent, bytes.length);
}

function payloadOf(answer: Answer, { requestId, clientRequestId, now }: Envelope): { bytes: Buffer; type: string } {
  const { body, error } = answer;
  if (error) {
    const date = now.toISOString().slice(0, 19);
    const innerError = { date, "request-id": requestId, "client-request-id": clientRequestId };
    const text = JSON.stringify({ error: { ...error, innerError } });
    return { bytes: Buffer.from(text), type: "application/json" };
  }
  if (body.kind === "json") {
    const type = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";
    return { bytes: Buffer.from(JSON.stringify(body.json)), type };
  }
  if (body.kind === "text") return { bytes: Buffer.from(body.text), type: body.contentType };
  return { bytes: Buffer.alloc(0), type: "" };
}

/** What Exchange was seen to send when a page took too long: the JSON ends inside the list (facts/graph.md C.6). */
function truncated(bytes: Buffer): Buffer {
  const mark = '"value":[';
  const at = bytes.indexOf(mark);
  return at < 0 ? bytes.subarray(0, Math.floor(bytes.length / 2)) : bytes.subarray(0, at + mark.length);
}

function sendParts(
  response: ServerResponse,
  parts: Buffer[],
  { answer, headers, envelope }: { answer: Answer; headers: Record<string, string>; envelope: Envelope },
): number {
  if (answer.body.kind === "parts") headers["content-type"] = answer.body.contentType;
  headers["transfer-encoding"] = "chunked";
  response.writeHead(answer.status, headers);
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  if (envelope.fault?.kind === "cut") {
    const sent = Math.min(envelope.fault.afterBytes ?? Math.floor(size / 2), size);
    breakAfter(response, firstBytes(parts, sent));
    return sent;
  }
  // The socket is corked, not the response: a corked response sends its last chunk before the ones it holds back.
  // `end` uncorks.
  response.socket?.cork();
  for (const part of parts) if (part.length > 0) response.write(part);
  response.end();
  return size;
}

function firstBytes(parts: Buffer[], count: number): Buffer[] {
  const out: Buffer[] = [];
  let left = count;
  for (const part of parts) {
    if (left <= 0) break;
    out.push(part.subarray(0, left));
    left -= part.length;
  }
  return out;
}

/** The bytes leave, then the connection dies without an end. */
function breakAfter(response: ServerResponse, parts: Buffer[]): void {
  const last = parts.pop() ?? Buffer.alloc(0);
  for (const part of parts) response.write(part);
  response.flushHeaders();
  if (last.length === 0) response.socket?.destroySoon();
  else response.write(last, () => response.socket?.destroySoon());
}
