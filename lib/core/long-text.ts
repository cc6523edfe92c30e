// Pure: a text too long for one property of a row, spread over several, and put together again.
import { deflateSync, inflateSync } from "node:zlib";

/** A property holds 32,768 characters. */
const chunkLength = 30_000;
/** A row holds 1 MiB, two bytes a character; the rest is for names and keys. */
const chunkLimit = 16;

/** What would not fit is deflated: lists of addresses shrink to a third. Undefined: it fits no row even so. */
export function spread(text: string): Record<string, string | number> | undefined {
  const fits = text.length <= chunkLength * chunkLimit;
  const kept = fits ? text : deflateSync(text).toString("base64");
  const chunks = Math.ceil(kept.length / chunkLength);
  if (chunks > chunkLimit) return undefined;
  const values: Record<string, string | number> = { chunks, ...(!fits && { deflated: 1 }) };
  for (let i = 0; i < chunks; i++) values[`json${i}`] = kept.slice(i * chunkLength, (i + 1) * chunkLength);
  return values;
}

export function gather(values: Readonly<Record<string, unknown>>): string {
  let text = "";
  for (let i = 0; i < Number(values.chunks); i++) text += String(values[`json${i}`]);
  return values.deflated === 1 ? inflateSync(Buffer.from(text, "base64")).toString("utf8") : text;
}
