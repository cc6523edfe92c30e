import { describe, expect, it } from "vitest";
import { readArguments } from "../../../lib/local/arguments.js";

describe("the arguments of npm start", () => {
  it("have defaults for everything", () => {
    expect(readArguments([])).toEqual({ once: false, json: false, run: true, port: 7071 });
  });

  it("are all understood", () => {
    const line = "--once --json --port 0 --data d --mail m --mailboxes 2 --messages 0 --latency 100";
    expect(readArguments(line.split(" "))).toEqual({
      once: true,
      json: true,
      run: true,
      port: 0,
      data: "d",
      mail: "m",
      mailboxes: 2,
      messages: 0,
      latencyMs: 100,
    });
    expect(readArguments(["--no-run"])).toMatchObject({ run: false });
    expect(readArguments(["--help", "--once"])).toBe("help");
  });

  it.each([
    ["--unknown"],
    ["surplus"],
    ["--port"],
    ["--port", "70710"],
    ["--port", "x"],
    ["--mailboxes", "0"],
    ["--messages", "1.5"],
    ["--latency", "-1"],
    ["--once", "--no-run"],
  ])("are refused when wrong: %s %s", (...argv) => {
    expect(() => readArguments(argv)).toThrow(/./);
  });
});
