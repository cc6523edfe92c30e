// Sends one POST to Exchange's administration and comes back with the whole answer or a fault.
import type { IncomingHttpHeaders } from "node:http";
import { type Agent, request } from "undici";
import { Fault, networkFault } from "../graph/fault.js";

/** A page of 1,000 mailboxes with some 336 properties each is about 15 MB. */
const maxBytes = 32 * 1024 * 1024;

export interface WireAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** Redirects are not followed: the token is for one host only. @throws Fault */
export async function post({ url, headers, body }: Post, agent: Agent, timeoutMs: number): Promise<WireAnswer> {
  try {
    const answer = await request(url, {
      dispatcher: agent,
      method: "POST",
      headers,
      body,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      size += (chunk as Buffer).length;
      if (size > maxBytes) throw new Fault("too-large", `over ${maxBytes} bytes`);
      chunks.push(chunk as Buffer);
    }
    return { status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString("utf8") };
  } catch (error) {
    throw error instanceof Fault ? error : networkFault(error);
  }
}
