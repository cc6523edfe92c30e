// An RFC 3161 time stamping authority over HTTP (section 3.4).
import { createHash } from "node:crypto";
import { Integer, Null, OctetString } from "asn1js";
import { AlgorithmIdentifier, MessageImprint, TimeStampReq } from "pkijs";
import { MailkeepError } from "../../core/errors.js";
import type { Random } from "../../core/ids.js";
import { second } from "../../core/time.js";
import type { Log } from "../../ports/log.js";
import type { TimeStamper } from "../../ports/time-stamper.js";
import { checkStamp } from "./check-stamp.js";

const timeoutMs = 30 * second;
/** Tokens with their certificates have a few thousand bytes. */
const longestAnswerBytes = 256 * 1024;
const sha256Oid = "2.16.840.1.101.3.4.2.1";

export function rfc3161Stamper(url: string, { random, log }: { random: Random; log: Log }): TimeStamper {
  return {
    async stamp(bytes) {
      // 64 bits; a leading 1 to 7 keeps the number positive and of one length.
      const nonce = Buffer.from(`4${random.hex(15)}`, "hex");
      const response = await ask(url, requestFor(bytes, nonce));
      const { anchored, ...told } = await checkStamp(response, { bytes, nonce });
      if (!anchored)
        log.info("time stamp by an authority whose root this machine does not know", { authority: told.authority });
      return { response, ...told };
    },
  };
}

function requestFor(bytes: Uint8Array, nonce: Uint8Array): Uint8Array {
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: sha256Oid, algorithmParams: new Null() }),
      hashedMessage: new OctetString({ valueHex: Uint8Array.from(createHash("sha256").update(bytes).digest()).buffer }),
    }),
    nonce: new Integer({ valueHex: Uint8Array.from(nonce).buffer }),
    certReq: true,
  });
  return new Uint8Array(request.toSchema().toBER(false));
}

async function ask(url: string, body: Uint8Array): Promise<Uint8Array> {
  const headers = { "content-type": "application/timestamp-query", accept: "application/timestamp-reply" };
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers,
      body: Uint8Array.from(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!answer.ok) throw new MailkeepError("unavailable", `the time stamping authority answered ${answer.status}`);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of answer.body ?? []) {
      length += chunk.length;
      if (length > longestAnswerBytes)
        throw new MailkeepError("corrupt", "the time stamping authority's answer is too long", {
          reason: "TIMESTAMP_WRONG",
        });
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (cause) {
    if (cause instanceof MailkeepError) throw cause;
    throw new MailkeepError("unavailable", "the time stamping authority does not answer", { cause });
  }
}
