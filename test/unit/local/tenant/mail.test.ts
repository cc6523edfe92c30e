import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTenant, type Tenant } from "../../../../lib/local/tenant/server.js";

let tenant: Tenant;
let mails: { mailbox: string; id: string; subject: string; size: number; sha256: string; text: string }[];

beforeAll(async () => {
  tenant = await startTenant({ mailboxes: 6, messagesPerMailbox: 100, seed: "mail", hugeMessageBytes: 0 });
  mails = tenant.mailboxes
    .list()
    .flatMap(({ id: mailbox }) =>
      tenant.mailboxes
        .inventory(mailbox)
        .map((one) => ({ ...one, mailbox, text: tenant.mailboxes.mime(mailbox, one.id).toString("latin1") })),
    );
});
afterAll(() => tenant.close());

const inventoryOf = async (seed: string, keepRenderedBytes = 0) => {
  const other = await startTenant({
    mailboxes: 3,
    messagesPerMailbox: 30,
    seed,
    hugeMessageBytes: 0,
    keepRenderedBytes,
  });
  const out = other.mailboxes.list().map(({ id }) => [id, other.mailboxes.inventory(id)]);
  await other.close();
  return out;
};

describe("the sample company's mail", () => {
  it("is the same for the same seed, ids and bytes, and another for another", async () => {
    const one = await inventoryOf("a");
    expect(await inventoryOf("a")).toEqual(one);
    expect(await inventoryOf("b")).not.toEqual(one);
  });

  it("is the same whether it is rendered beforehand, in part, or on demand", async () => {
    const onDemand = await inventoryOf("a");
    for (const keep of [200_000, 100_000_000]) expect(await inventoryOf("a", keep)).toEqual(onDemand);
  });

  it("fills every mailbox with exactly what was asked for, beside Recoverable Items and a hidden folder", async () => {
    const beside = ["/Deletions", "/Social Activity Notifications"];
    for (const { id } of tenant.mailboxes.list()) {
      const counted = tenant.mailboxes.inventory(id).filter((one) => !beside.includes(one.folderPath));
      expect(counted).toHaveLength(100);
    }
  });

  it("has about 50 KB a message", () => {
    const mean = mails.reduce((sum, one) => sum + one.size, 0) / mails.length;
    expect(mean).toBeGreaterThan(35_000);
    expect(mean).toBeLessThan(75_000);
  });

  it("is different in every copy, and has CRLF line ends only", () => {
    expect(new Set(mails.map((one) => one.sha256)).size).toBe(mails.length);
    for (const { text } of mails) expect(/[^\r]\n|\r[^\n]/.test(text)).toBe(false);
  });

  it("keeps header lines ASCII, unfolded lines short, and ends headers once", () => {
    for (const { text } of mails) {
      const header = text.slice(0, text.indexOf("\r\n\r\n"));
      expect(/[^\x20-\x7e\r\n\t]/.test(header)).toBe(false);
      expect(Math.max(...header.split("\r\n").map((line) => line.length))).toBeLessThan(998);
      expect(header).toMatch(/\r\nMIME-Version: 1\.0\r\nContent-Type: |Precedence: bulk/);
    }
  });

  it("opens and closes every boundary it names", () => {
    for (const { text } of mails) {
      for (const [, name = ""] of text.matchAll(/boundary="([^"]+)"/g)) {
        expect(text.includes(`\r\n--${name}\r\n`)).toBe(true);
        expect(text.includes(`\r\n--${name}--\r\n`)).toBe(true);
      }
    }
  });

  it("encodes base64 in whole lines that decode and encode to the same", () => {
    const runs = mails.flatMap(({ text }) => [
      ...text.matchAll(/Content-Transfer-Encoding: base64\r\n\r\n([\w+/=\r\n]+?)\r\n(?=\r\n|--)/g),
    ]);
    expect(runs.length).toBeGreaterThan(100);
    for (const [, run = ""] of runs) {
      const joined = run.replaceAll("\r\n", "");
      expect(Buffer.from(joined, "base64").toString("base64")).toBe(joined);
      expect(
        run
          .split("\r\n")
          .slice(0, -1)
          .every((line) => line.length === 76),
      ).toBe(true);
    }
  });

  it("knows every oddity", () => {
    const marks = [
      "multipart/report",
      "text/calendar",
      "application/pkcs7-mime",
      "multipart/signed",
      "message/rfc822",
      "format=flowed",
      'charset="iso-2022-jp"',
      'charset="shift_jis"',
      'charset="koi8-r"',
      'charset="windows-1252"',
      'charset="windows-1255"',
      'charset="windows-1256"',
      'charset="gb2312"',
      "List-Unsubscribe",
      "X-Unsent: 1",
      "urn:schemas-microsoft-com:office:word",
    ];
    expect(marks.filter((mark) => !mails.some(({ text }) => text.includes(mark)))).toEqual([]);
  });

  it("sends one attachment to everybody, and the same logo with every signature", () => {
    const everybody = mails.filter((one) => one.subject === "All hands: slides");
    expect(new Set(everybody.map((one) => one.mailbox)).size).toBe(6);
    const bodies = everybody.map(({ text }) => /filename="All hands 2026.pdf"[\s\S]*?\r\n\r\n([^-]+)/.exec(text)?.[1]);
    expect(new Set(bodies).size).toBe(1);
    expect(Buffer.from(bodies[0] ?? "", "base64")).toHaveLength(1_048_576);
    const logos = mails.flatMap(({ text }) => /filename="image001.png"[\s\S]*?\r\n\r\n([^-]+)/.exec(text)?.[1] ?? []);
    expect(logos.length).toBeGreaterThan(50);
    expect(new Set(logos).size).toBe(1);
    const picture = Buffer.from(logos[0] ?? "", "base64");
    expect([picture.length, picture.subarray(1, 4).toString()]).toEqual([12_300, "PNG"]);
  });

  it("quotes what was said before", () => {
    const answers = mails.filter(
      ({ subject, text }) => subject.startsWith("RE: ") && text.includes("\r\nIn-Reply-To: "),
    );
    expect(answers.length).toBeGreaterThan(20);
    for (const { text } of answers) expect(text).toContain("________________________________\r\nFrom: ");
  });

  it("has one huge message when asked for", async () => {
    const one = await startTenant({ mailboxes: 2, messagesPerMailbox: 10 });
    const sizes = one.mailboxes.list().flatMap(({ id }) => one.mailboxes.inventory(id).map((message) => message.size));
    await one.close();
    const huge = sizes.filter((size) => size > 5_000_000);
    expect(huge).toHaveLength(1);
    expect(Math.abs((huge[0] ?? 0) - 30 * 1024 * 1024)).toBeLessThan(100_000);
  });
});
