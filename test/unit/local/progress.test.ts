import { describe, expect, it } from "vitest";
import type { Api, MailboxView, RunView } from "../../../lib/local/api.js";
import { exitCodeOf } from "../../../lib/local/follow.js";
import { headline, liveDisplay, plainDisplay } from "../../../lib/local/progress.js";
import { nextThings, summaryOf } from "../../../lib/local/summary.js";
import { bar, clip, duration, size } from "../../../lib/local/text.js";

const run: RunView = { id: "r_1", profile: "p_1", status: "running", mailboxes: { total: 2, done: 1 } };
const mailbox = (change: Partial<MailboxView>): MailboxView => ({
  mailbox: "m",
  address: "anna@contoso.com",
  displayName: "Anna",
  status: "running",
  done: 0,
  total: 0,
  bytes: 0,
  problems: [],
  ...change,
});
const both = [
  mailbox({ done: 50, total: 100, bytes: 2_000_000, ratePerSecond: 25, secondsLeft: 2 }),
  mailbox({
    address: "bo@contoso.com",
    status: "succeeded",
    done: 100,
    total: 100,
    bytes: 1_000_000,
    ratePerSecond: 40,
  }),
];

describe("progress", () => {
  it("sums up the mailboxes in one line", () => {
    expect(headline(run, [...both, mailbox({ status: "excluded" })])).toBe(
      "running, 1 of 2 mailboxes, 150 of 200 messages (75 %), 3 MB, 25 messages/s, about 2 s left",
    );
  });

  it("never says 100 % before the last message", () => {
    expect(headline(run, [mailbox({ done: 1_999, total: 2_000 })])).toContain("(99 %)");
  });

  it("says why a run cannot begin, and when it is tried again", () => {
    const problems = [{ code: "ServiceUnavailable", message: "Graph gave no usable answer" }];
    expect(headline({ ...run, status: "pending", problems, resumeAt: "2026-03-01T08:01:00.000Z" }, [])).toBe(
      "pending, next try at 08:01:00 UTC: ServiceUnavailable, Graph gave no usable answer",
    );
  });

  it("gives no share of a total that is not known yet", () => {
    expect(headline(run, [...both, mailbox({ status: "pending" })])).toContain("150 of 200 messages so far, 3 MB");
  });

  it("in plain lines says nothing twice and nothing too often", () => {
    let now = 0;
    let text = "";
    const display = plainDisplay(
      (part) => {
        text += part;
      },
      () => now,
      1_000,
    );
    for (const [at, done] of [
      [0, 1],
      [500, 2],
      [1_000, 3],
      [2_500, 3],
    ] as const) {
      now = at;
      display.show(run, [mailbox({ done, total: 4 })]);
    }
    expect(text.match(/\d of 4/g)).toEqual(["1 of 4", "3 of 4"]);
  });

  it("on a terminal replaces what it drew, stays inside it, and keeps said lines above", () => {
    const written: string[] = [];
    const screen = { write: (text: string) => void written.push(text), columns: 60, rows: 10, color: false };
    const display = liveDisplay(screen);
    const many = Array.from({ length: 9 }, (_, i) => mailbox({ address: `user${i}@contoso.com\x1b[2J`, total: 1 }));
    display.show(run, many);
    const lines = written[0]?.split("\n").slice(0, -1) ?? [];
    expect(lines.length).toBeLessThan(screen.rows);
    expect(lines.every((line) => line.length < screen.columns && !line.includes("\x1b"))).toBe(true);
    expect(lines.at(-1)).toBe("  … and 5 more");
    display.say("hello");
    expect(written[1]).toBe(`\x1b[${lines.length}A\x1b[Jhello\n${written[0]}`);
  });
});

describe("the end of a run", () => {
  it.each([
    ["succeeded", 0],
    ["noChanges", 0],
    ["succeededWithGaps", 3],
    ["failed", 1],
    ["cancelled", 1],
    ["something new", 1],
  ])("%s exits with %i", (status, code) => {
    expect(exitCodeOf(status)).toBe(code);
  });

  it("is only called complete when it is, and says what is missing", () => {
    const tally = { seen: 3, stored: 2, known: 0, gone: 0, skipped: 0, quarantined: 1 };
    const gaps = summaryOf({ ...run, status: "succeededWithGaps", tally }, [mailbox({ problems: [{ reason: "X" }] })]);
    expect(gaps.join("\n")).toMatch(/Not complete[\s\S]*1 in quarantine[\s\S]*anna@contoso.com: \[\{"reason":"X"\}\]/);
    expect(summaryOf({ ...run, status: "noChanges" }, []).join("\n")).toContain("Complete");
  });

  it("names the mailbox that has messages in quarantine, and how to see them", async () => {
    const owing = mailbox({ mailbox: "m1", coverage: { quarantined: 2 } });
    expect(summaryOf({ ...run, status: "succeededWithGaps" }, [mailbox({}), owing])).toContain(
      "  anna@contoso.com: 2 in quarantine",
    );
    const api: Api = { get: () => Promise.reject(), post: () => Promise.reject(), list: async () => [] };
    const next = await nextThings(api, "http://h/api/v1", { run, mailboxes: [mailbox({}), owing] });
    expect(next).toContain('    curl "http://h/api/v1/mailboxes/m1/quarantine"');
    expect((await nextThings(api, "http://h/api/v1", { run, mailboxes: [] })).join()).not.toContain("quarantine");
  });
});

describe("numbers", () => {
  it("read well", () => {
    expect([0, 999, 1_500, 23_400_000, 1e12].map(size)).toEqual(["0 bytes", "999 bytes", "1.5 kB", "23.4 MB", "1 TB"]);
    expect([0.2, 89, 91, 7_500].map(duration)).toEqual(["1 s", "89 s", "2 min", "2 h 5 min"]);
    expect([bar(0, 4), bar(0.99, 4), bar(1, 4)]).toEqual(["[----]", "[###-]", "[####]"]);
    expect(clip("a\nbcdef", 4)).toBe("a b…");
  });
});
