import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { decodeRecord } from "../../lib/ledger/codec.js";
import { ledgerName, packPath } from "../../lib/ledger/record.js";
import { commits, mailbox } from "./build-archive.js";

/** FORMAT.md promises that the mail can be read without this program: its own words are what is run here. */
const archive = join(import.meta.dirname, "archive");
const format = readFileSync(join(import.meta.dirname, "../../lib/pack/FORMAT.md"), "utf8");
const programs = ["bash", "unzip", "python3", "sha256sum", "zcat"];
const missing = programs.filter((program) => spawnSync(program, ["--help"]).error !== undefined);
const folder = mkdtempSync(join(tmpdir(), "mailkeep-format-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Commands and what they print; a command may go over several lines, until a quote or backslash is closed. */
function sessions(): { command: string; output: string }[] {
  return [...format.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((session) => {
        const lines = session.split("\n");
        let end = 1;
        while ((lines.slice(0, end).join("\n").split("'").length % 2 === 0 || lines[end - 1]?.endsWith("\\")) && end < lines.length)
          end++;
        return { command: lines.slice(0, end).join("\n"), output: lines.slice(end).join("\n") };
      }),
  );
}

describe.skipIf(missing.length > 0)(`the archive by hand${missing.length > 0 ? ` (skipped: no ${missing.join(", ")})` : ""}`, () => {
  const script = join(folder, "splice.py");
  writeFileSync(script, /```python\n([\s\S]*?)```/.exec(format)?.[1] ?? "");

  it("prints what FORMAT.md shows", () => {
    let cwd = archive;
    const shown = sessions().filter(({ command }) => !command.includes("1.eml"));
    expect(shown.length).toBeGreaterThan(8);
    for (const { command, output } of shown) {
      if (command.startsWith("cd ")) cwd = join(cwd, command.slice(3));
      else {
        const ran = spawnSync("bash", ["-c", command], { cwd, encoding: "utf8" });
        expect(ran.stdout + ran.stderr, command).toBe(output.replace(/\n+$/, "\n"));
      }
    }
  });

  it("puts every message together with the script in FORMAT.md", () => {
    for (const [index, messages] of commits.entries()) {
      const record = decodeRecord(readFileSync(join(archive, ledgerName(mailbox, index + 1))));
      for (const [at, { raw }] of messages.entries()) {
        const name = record.stored[at]?.entry.name ?? "";
        const ran = spawnSync("python3", [script, archive, packPath(mailbox, record.pack?.name ?? ""), name]);
        expect(ran.stderr.toString()).toBe("");
        expect(ran.stdout.equals(raw)).toBe(true);
      }
    }
  });
});
