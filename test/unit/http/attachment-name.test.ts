import { expect, it } from "vitest";
import { attachmentNamed } from "../../../functions/http/reply.js";

it.each([
  ["report.pdf", `attachment; filename="report.pdf"; filename*=UTF-8''report.pdf`],
  ["Übersicht 1.pdf", `attachment; filename="_bersicht 1.pdf"; filename*=UTF-8''%C3%9Cbersicht%201.pdf`],
  ["a'b(1)*.txt", `attachment; filename="a'b(1)*.txt"; filename*=UTF-8''a%27b%281%29%2A.txt`],
  ["50% off.txt", `attachment; filename="50_ off.txt"; filename*=UTF-8''50%25%20off.txt`],
  [
    'x"; filename=evil.exe',
    `attachment; filename="x_; filename=evil.exe"; filename*=UTF-8''x%22%3B%20filename%3Devil.exe`,
  ],
  ["a\\b", `attachment; filename="a_b"; filename*=UTF-8''a%5Cb`],
  ["a\r\nSet-Cookie: x=1", `attachment; filename="a__Set-Cookie: x=1"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x%3D1`],
  ["🙂\ud800", `attachment; filename="__"; filename*=UTF-8''%F0%9F%99%82%EF%BF%BD`],
])("%j cannot break out of its header", (name, header) => {
  expect(attachmentNamed(name)).toBe(header);
  expect(() => new Headers({ "content-disposition": header })).not.toThrow();
});
