import { describe, expect, it } from "vitest";
import { emlFacts } from "../../../../lib/local/tenant/eml.js";

const to = (header: string) => emlFacts(Buffer.from(`To: ${header}\r\n\r\n`)).to;

describe("addresses", () => {
  it.each([
    ["a@b.c", [{ address: "a@b.c" }]],
    ["A B <a@b.c>, d@e.f", [{ address: "a@b.c", name: "A B" }, { address: "d@e.f" }]],
    ['"B, A; \\"x\\" <y>" <a@b.c>', [{ address: "a@b.c", name: 'B, A; \\"x\\" <y>' }]],
    ["Team: a@b.c, D <d@e.f>;, g@h.i", [{ address: "a@b.c" }, { address: "d@e.f", name: "D" }, { address: "g@h.i" }]],
    ["undisclosed-recipients:;", []],
    ["=?koi8-r?B?xMHV?= <a@b.c>", [{ address: "a@b.c", name: "дау" }]],
    ["", []],
  ])("%s", (header, expected) => expect(to(header)).toEqual(expected));

  it("are read in one pass, however broken the header", () => {
    for (const piece of ["a<", '"', "a:", "<>", "(", "\\"])
      expect(to(piece.repeat(100_000)).length).toBeLessThan(100_001);
  });
});

describe("headers", () => {
  it("join folded lines and encoded words, and keep 8-bit text", () => {
    const facts = emlFacts(
      Buffer.from(
        "SUBJECT: =?utf-8?B?w7w=?=\r\n =?iso-8859-1?q?=FC_x?= y\nMessage-ID:\r\n <1@x>\r\n\r\nTo: body@x\r\n",
      ),
    );
    expect([facts.subject, facts.internetMessageId, facts.to]).toEqual(["üü x y", "<1@x>", []]);
    expect(emlFacts(Buffer.from("Subject: Grüße\r\n\r\n")).subject).toBe("Grüße");
  });

  it("may be missing altogether", () => {
    expect(emlFacts(Buffer.alloc(0))).toMatchObject({ subject: "", to: [], attachments: [] });
    expect(emlFacts(Buffer.from("\r\nbody"))).not.toHaveProperty("sentAt");
  });
});
