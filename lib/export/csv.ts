// CSV as RFC 4180 has it, for people who open it in a spreadsheet: no cell is ever taken for a formula.

/** UTF-8 with a byte order mark: without it Excel reads UTF-8 as the code page of the machine. */
export const byteOrderMark = "\ufeff";

/**
 * What a spreadsheet may take for a formula (https://owasp.org/www-community/attacks/CSV_Injection), also in full width and
 * behind blanks.
 */
const formula = /^[\s'"]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/gu;

/** One line. Every cell is quoted; control characters become a blank; a would-be formula gets an apostrophe before it. */
export function csvLine(cells: (string | number | boolean | undefined)[]): string {
  return `${cells.map(cell).join(",")}\r\n`;
}

function cell(value: string | number | boolean | undefined): string {
  if (typeof value === "number" || typeof value === "boolean") return `"${value}"`;
  const text = (value ?? "").toWellFormed().replace(control, " ");
  return `"${(formula.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}
