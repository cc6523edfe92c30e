// Exchange renders MIME anew on every fetch: same parts, other boundaries (facts/graph.md D.4).

let renderings = 0;

/** The same message with other boundaries of the same length; messages without one come back as they are. */
export function rerendered(parts: Buffer[]): Buffer[] {
  const whole = Buffer.concat(parts).toString("latin1");
  const names = [...whole.matchAll(/boundary="?([^"\s;]{10,70})"?/gi)].map((found) => found[1] ?? "");
  renderings += 1;
  let text = whole;
  const longestFirst = [...new Set(names)].sort((a, b) => b.length - a.length);
  longestFirst.forEach((name, n) => {
    const mark = `R${String(renderings % 10_000).padStart(4, "0")}${String(n % 100).padStart(2, "0")}`;
    text = text.replaceAll(name, `${mark}${name.slice(mark.length)}`);
  });
  return [Buffer.from(text, "latin1")];
}
