// Encodes text into the charsets of old mail. Node only decodes them, so the tables are made by decoding every code.

export type Charset =
  | "utf-8"
  | "windows-1252"
  | "iso-8859-2"
  | "koi8-r"
  | "windows-1255"
  | "windows-1256"
  | "iso-8859-7"
  | "shift_jis"
  | "iso-2022-jp"
  | "gb2312";

const tables = new Map<string, Map<string, number[]>>();

export function encodeText(text: string, charset: Charset): Buffer {
  if (charset === "utf-8") return Buffer.from(text, "utf8");
  if (charset === "iso-2022-jp") return encodeJis(text);
  const table = tableOf(charset === "gb2312" ? "gbk" : charset);
  return Buffer.from([...text].flatMap((character) => table.get(character) ?? [0x3f]));
}

/** RFC 1468: ASCII, with escapes to two-byte JIS and back. */
function encodeJis(text: string): Buffer {
  const table = tableOf("euc-jp");
  const bytes: number[] = [];
  let wide = false;
  for (const character of text) {
    const code = table.get(character) ?? [0x3f];
    if (wide !== code.length > 1) bytes.push(0x1b, ...(wide ? [0x28, 0x42] : [0x24, 0x42]));
    wide = code.length > 1;
    bytes.push(...code.map((byte) => byte & 0x7f));
  }
  if (wide) bytes.push(0x1b, 0x28, 0x42);
  return Buffer.from(bytes);
}

function tableOf(label: string): Map<string, number[]> {
  const known = tables.get(label);
  if (known) return known;
  const table = new Map<string, number[]>();
  const decoder = new TextDecoder(label);
  const wide = label === "shift_jis" || label === "euc-jp" || label === "gbk";
  // A row at a time, line breaks between the codes: one call to the decoder for some hundred characters.
  const learn = (codes: number[][]) => {
    const characters = decoder.decode(Uint8Array.from(codes.flatMap((code) => [...code, 0x0a]))).split("\n");
    codes.forEach((code, n) => {
      const character = characters[n] ?? "";
      if (character.length === 1 && character !== "\ufffd" && !table.has(character)) table.set(character, code);
    });
  };
  learn(range(0x20, 0x7f).map((byte) => [byte]));
  table.set("\r", [0x0d]).set("\n", [0x0a]);
  if (!wide) learn(range(0x80, 0x100).map((byte) => [byte]));
  else for (const lead of range(0x81, 0xff)) learn(range(0x40, 0xff).map((trail) => [lead, trail]));
  tables.set(label, table);
  return table;
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);
