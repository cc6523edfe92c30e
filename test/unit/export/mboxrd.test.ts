// The bytes of a message come back from an mbox, however the message was cut into pieces on the way in.
import { describe, expect, it } from "vitest";
import { fromLine, mboxrd } from "../../../lib/export/mboxrd.js";
import { collected } from "../../build/an-archive.js";

const told = { sender: "anna@contoso.example", receivedAt: "2026-03-01T08:05:09Z" };

async function* cut(text: string, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size), "latin1");
}

const written = async (text: string, size: number) =>
  (await collected(mboxrd(told, cut(text, size)))).bytes.toString("latin1");

/** As a reader takes it apart: the first line off, one `>` off each quoted line. */
const read = (mbox: string) => mbox.slice(mbox.indexOf("\n") + 1).replace(/^>(>*From )/gm, "$1");

const messages = [
  "From: a\r\n\r\nFrom here\r\n>From there\r\n>>From afar\r\n From no\r\nFrom\r\nFromage\r\n",
  "From the first line\r\n",
  "a\r\n>>>>>>>>",
  "a\n>>>>From ",
  "a\r\n\r\nno end",
  "",
  "\n",
  "\nFrom ",
  "x\rFrom a bare CR\r\n",
];

describe("mboxrd", () => {
  it.each(messages)("gives %j back, in pieces of any size", async (message) => {
    for (const size of [1, 2, 3, 5, 7, 1000]) {
      const mbox = await written(message, size);
      expect(mbox, `pieces of ${size}`).toBe(await written(message, 4096));
      expect(mbox.startsWith("From anna@contoso.example Sun Mar  1 08:05:09 2026\n")).toBe(true);
      expect(mbox.slice(1)).not.toMatch(/\nFrom /);
      expect(mbox.endsWith("\n\n")).toBe(true);
      expect(read(mbox).slice(0, message.length)).toBe(message);
    }
  });

  it("holds nothing back of a line without end", async () => {
    const longest = (await collected(mboxrd(told, cut(">".repeat(300_000), 1_000)))).longest;
    expect(longest).toBeLessThanOrEqual(1_001);
  });

  it.each([undefined, "", "two words", "line\nFrom x", "ü@x"])(
    "has a sender for the first line whatever mail says: %j",
    (sender) => {
      expect(fromLine({ ...told, sender })).toBe("From MAILER-DAEMON Sun Mar  1 08:05:09 2026\n");
      expect(fromLine({ sender, receivedAt: "never" })).toBe("From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n");
    },
  );
});
