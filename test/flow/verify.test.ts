// Damages every kind of object of an archive in every way there is, and looks whether verification says which one it was.
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bringUpToDate } from "../../lib/catalog/replay.js";
import { headRow, knownRow } from "../../lib/catalog/rows.js";
import type { MessageKey } from "../../lib/core/ids.js";
import { ledgerName } from "../../lib/ledger/record.js";
import type { FindingCode } from "../../lib/verify/finding.js";
import { type AnArchive, keyOf } from "../build/an-archive.js";
import { aLyingArchive, aStoredArchive, aVerifier } from "../unit/verify/a-verifier.js";

const bytesOf = async ({ blobs }: AnArchive, name: string) => Uint8Array.from((await blobs.get(name)).bytes);

async function swap(archive: AnArchive, a: string, b: string): Promise<void> {
  const [first, second] = [await bytesOf(archive, a), await bytesOf(archive, b)];
  archive.blobs.tamper(a, second);
  archive.blobs.tamper(b, first);
}

const blobDamages: Record<string, (archive: AnArchive, name: string, others: string[]) => Promise<void>> = {
  "a flipped first byte": async (archive, name) => flip(archive, name, () => 0),
  "a flipped middle byte": async (archive, name) => flip(archive, name, (length) => length >> 1),
  "a flipped last byte": async (archive, name) => flip(archive, name, (length) => length - 1),
  "a drop": async (archive, name) => archive.blobs.tamper(name, undefined),
  "a truncation": async (archive, name) => archive.blobs.tamper(name, (await bytesOf(archive, name)).subarray(0, -10)),
  emptiness: async (archive, name) => archive.blobs.tamper(name, new Uint8Array()),
  "bytes appended": async (archive, name) =>
    archive.blobs.tamper(name, Buffer.concat([await bytesOf(archive, name), Buffer.from("more")])),
  "a swap with another": async (archive, name, others) => swap(archive, name, others[0] ?? ""),
  "another's older copy": async (archive, name, others) =>
    archive.blobs.tamper(name, await bytesOf(archive, others[0] ?? "")),
};

async function flip(archive: AnArchive, name: string, at: (length: number) => number): Promise<void> {
  const bytes = await bytesOf(archive, name);
  bytes[at(bytes.length)] = (bytes[at(bytes.length)] ?? 0) ^ 1;
  archive.blobs.tamper(name, bytes);
}

const calm = await aStoredArchive();
const names = calm.blobs.names();
const kinds = { ledger: /\/ledger\//, packs: /\/packs\//, attachments: /^attachments\// };

it("finds nothing in a healthy archive, and says what it read", async () => {
  const told = await aVerifier(calm).verify();
  expect(told).toMatchObject({
    status: "succeeded",
    mailboxes: { total: 1, done: 1, failed: 0 },
    findings: { count: 0, kept: [] },
    read: { records: 4, packs: 3, messages: 6, rows: 12 },
    orphans: { count: 0 },
  });
  expect(told.read.bytes).toBeGreaterThan(10_000);
  expect(told.proves.length).toBeGreaterThan(0);
  expect(told.doesNotProve.join(" ")).toContain("Exchange renders it anew");
  const chain = await aVerifier(calm).verify({ depth: "chain" });
  expect(chain).toMatchObject({ status: "succeeded", read: { records: 4, packs: 0, messages: 0, rows: 0 } });
});

describe.each(Object.entries(kinds))("%s", (kind, pattern) => {
  const targets = names.filter((name) => pattern.test(name));

  it.each(Object.entries(blobDamages))("are not trusted after %s", async (_, damage) => {
    expect(targets.length).toBeGreaterThanOrEqual(3);
    for (const [index, name] of targets.entries()) {
      const archive = await aStoredArchive();
      await damage(archive, name, [...targets.slice(index + 1), ...targets.slice(0, index)]);
      const told = await aVerifier(archive).verify();
      expect(told.status, name).toBe("findings");
      expect(told.proves).toEqual([]);
      const here = told.findings.kept.filter(({ blob }) => blob === name);
      const next = told.findings.kept.filter(
        ({ blob }) => kind === "ledger" && blob !== undefined && pattern.test(blob),
      );
      expect(here.length + next.length, `${name}: ${JSON.stringify(told.findings.kept)}`).toBeGreaterThan(0);
      for (const finding of told.findings.kept) expect(finding.mailbox).toBe(archive.mailbox);
      for (const { seq, message } of here) {
        if (kind === "packs") expect(seq).toBe(Number(name.split("/").at(-1)?.slice(0, 8)));
        if (kind === "attachments") expect([seq, message]).toEqual([expect.any(Number), expect.any(String)]);
      }
    }
  });
});

async function found(damage: (archive: AnArchive) => Promise<unknown>, depth: "full" | "chain" = "full") {
  const archive = await aStoredArchive();
  await damage(archive);
  const told = await aVerifier(archive).verify({ depth });
  return { archive, told, codes: told.findings.kept.map(({ code, seq, message }) => [code, seq, message]) };
}

it("believes the bytes, not what record, pack and manifest agree upon", async () => {
  const told = await aVerifier(await aLyingArchive()).verify();
  expect(told.findings.kept.map(({ code, seq, message }) => [code, seq, message])).toEqual([
    ["message-damaged", 1, keyOf("a")],
  ]);
});

describe("the ledger", () => {
  it("is found rolled back when its newest records are gone", async () => {
    for (const depth of ["chain", "full"] as const) {
      const { codes } = await found(async ({ blobs, mailbox }) => {
        for (const seq of [3, 4]) blobs.tamper(ledgerName(mailbox, seq), undefined);
      }, depth);
      expect(codes).toContainEqual(["ledger-rolled-back", 3, undefined]);
    }
  });

  it("is found gone altogether", async () => {
    const { codes } = await found(async ({ blobs, mailbox }) => {
      for (const seq of [1, 2, 3, 4]) blobs.tamper(ledgerName(mailbox, seq), undefined);
    });
    expect(codes).toContainEqual(["ledger-rolled-back", 1, undefined]);
  });

  it("is found replaced by another whole one", async () => {
    const { codes } = await found(async (archive) => {
      const other = await aStoredArchive();
      archive.blobs.tamper(ledgerName(archive.mailbox, 4), undefined);
      await other.commit({ events: [{ kind: "folder", folderId: "x", path: "/X" }] });
      const forged = (await import("../../lib/ledger/codec.js")).encodeRecord({
        ...(await import("../../lib/ledger/codec.js")).decodeRecord(await bytesOf(other, ledgerName(other.mailbox, 4))),
        program: "forged",
      });
      await archive.blobs.putIfAbsent(ledgerName(archive.mailbox, 4), forged.bytes, { contentType: "x/y" });
    });
    expect(codes).toContainEqual(["head-differs", 4, undefined]);
  });

  it("is found rolled back, or made anew, together with the tables, once it had been read as whole", async () => {
    const archive = await aStoredArchive();
    expect(await aVerifier(archive).verify()).toMatchObject({ status: "succeeded" });
    const forged = await bytesOf(archive, ledgerName(archive.mailbox, 4));
    archive.blobs.tamper(ledgerName(archive.mailbox, 4), undefined);
    for (const key of Object.keys(archive.rows.dump()).filter((key) => key.startsWith("messages/")))
      await archive.rows.delete("messages", { partition: archive.mailbox, row: key.split("/").at(-1) ?? "" });
    await bringUpToDate(archive.mailbox, archive);
    // What was found once is found again: it does not go away by being looked at.
    for (const _ of [1, 2]) {
      const back = await aVerifier(archive).verify();
      expect(back.findings.kept.map(({ code, seq }) => [code, seq])).toEqual([["ledger-rolled-back", 4]]);
    }
    const anew = gzipSync(gunzipSync(forged), { level: 1 });
    await archive.blobs.putIfAbsent(ledgerName(archive.mailbox, 4), anew, { contentType: "x/y" });
    await bringUpToDate(archive.mailbox, archive);
    const other = await aVerifier(archive).verify();
    expect(other.findings.kept.map(({ code, seq }) => [code, seq])).toEqual([["head-differs", 4]]);
  });

  it("names a blob that is no record, and packs that nobody names", async () => {
    const { told, codes } = await found(async ({ blobs, mailbox }) => {
      await blobs.putIfAbsent(`mailboxes/${mailbox}/ledger/00000002.json.gz.bak`, Buffer.from("x"), {
        contentType: "x/y",
      });
      await blobs.putIfAbsent(`mailboxes/${mailbox}/packs/00000002-0123456789abcdef.zip`, Buffer.from("x"), {
        contentType: "x/y",
      });
    });
    expect(codes).toEqual([["ledger-stray", undefined, undefined]]);
    expect(told.orphans).toMatchObject({
      count: 1,
      bytes: 1,
      names: [expect.stringMatching(/00000002-0123456789abcdef.zip$/)],
    });
  });

  it("tells of orphans without calling them damage", async () => {
    const { told } = await found(async ({ blobs, mailbox }) => {
      for (const seq of ["00000001", "00000003", "00000009"])
        await blobs.putIfAbsent(`mailboxes/${mailbox}/packs/${seq}-0123456789abcdef.zip`, Buffer.from("xy"), {
          contentType: "x/y",
        });
    });
    expect(told).toMatchObject({ status: "succeeded", orphans: { count: 3, bytes: 6 } });
  });

  it("is enough for depth chain to miss a pack or its size", async () => {
    const pack = names.find((name) => kinds.packs.test(name)) ?? "";
    expect((await found(async ({ blobs }) => blobs.tamper(pack, undefined), "chain")).codes).toEqual([
      ["pack-missing", 1, undefined],
    ]);
    expect((await found(async ({ blobs }) => blobs.tamper(pack, Buffer.from("x")), "chain")).codes).toEqual([
      ["pack-damaged", 1, undefined],
    ]);
  });
});

describe("the catalog", () => {
  const listRows = Object.keys(calm.rows.dump()).filter((key) => key.includes("/t_"));
  const rowName = (key: string) => key.split("/").at(-1) ?? "";
  const change = async ({ rows, mailbox }: AnArchive, row: string, values: object) =>
    rows.batch("messages", mailbox, [{ kind: "merge", row, values: { ...values } }]);

  it("has six rows to damage", () => expect(listRows.length).toBe(6));

  it("is found to miss a row, whichever it is", async () => {
    for (const key of listRows) {
      const message = calm.rows.dump()[key]?.key as MessageKey;
      const { codes } = await found(({ rows, mailbox }) =>
        rows.delete("messages", { partition: mailbox, row: rowName(key) }),
      );
      expect(codes).toEqual([["catalog-missing", expect.any(Number), message]]);
    }
    const { codes } = await found(({ rows, mailbox }) =>
      rows.delete("messages", { partition: mailbox, row: knownRow(keyOf("d")) }),
    );
    expect(codes).toEqual([["catalog-missing", 2, keyOf("d")]]);
  });

  it("is found to say other than the ledger", async () => {
    const wrong = {
      sha256: "0".repeat(64),
      pack: "00000002-0000000000000000.zip",
      seq: 0,
      size: 1,
      entryOffset: 5,
      subject: "other",
      cuts: "[]",
      key: keyOf("z"),
    };
    for (const [name, value] of Object.entries(wrong)) {
      const { codes } = await found((archive) => change(archive, rowName(listRows[0] ?? ""), { [name]: value }));
      expect(
        codes.map(([code]) => code),
        name,
      ).toContain("catalog-differs");
    }
    const swapped = await found(async (archive) => {
      const [a, b] = [rowName(listRows[0] ?? ""), rowName(listRows[1] ?? "")];
      const key = (row: string) => ({ partition: archive.mailbox, row });
      const [first, second] = [await archive.rows.get("messages", key(a)), await archive.rows.get("messages", key(b))];
      await archive.rows.upsert("messages", key(a), second?.values ?? {});
      await archive.rows.upsert("messages", key(b), first?.values ?? {});
    });
    expect(swapped.codes.filter(([code]) => code === "catalog-differs").length).toBe(2);
    const older = await found((archive) => change(archive, knownRow(keyOf("a")), { version: 1, key: keyOf("a") }));
    expect(older.codes).toEqual([["catalog-differs", 4, keyOf("a", 2)]]);
  });

  it("is found to have a row too many, of any number", async () => {
    for (const seq of [1, 3, 4, 5, 99_999, 1e12]) {
      const { codes } = await found(async ({ rows, mailbox }) => {
        const row = await rows.get("messages", { partition: mailbox, row: rowName(listRows[0] ?? "") });
        await rows.insert(
          "messages",
          { partition: mailbox, row: `t_0000000000000_${keyOf("z")}` },
          { ...row?.values, key: keyOf("z"), seq },
        );
      });
      expect(codes, String(seq)).toEqual([["catalog-extra", undefined, keyOf("z")]]);
    }
    const { codes } = await found(({ rows, mailbox }) =>
      rows.insert(
        "messages",
        { partition: mailbox, row: knownRow(keyOf("z")) },
        { key: keyOf("z"), version: 1, receivedAt: "2026-01-01T00:00:00Z" },
      ),
    );
    expect(codes).toEqual([["catalog-extra", undefined, keyOf("z")]]);
  });

  it("is found without its head, or with one that lies", async () => {
    const head = (archive: AnArchive) => ({ partition: archive.mailbox, row: headRow });
    const cases: [object | undefined, FindingCode][] = [
      [undefined, "catalog-behind"],
      [{ seq: 2 }, "head-differs"],
      [{ seq: 9 }, "ledger-rolled-back"],
      [{ sha256: "0".repeat(64) }, "head-differs"],
      [{ seq: "x" }, "head-differs"],
    ];
    for (const [values, code] of cases) {
      const { codes } = await found((archive) =>
        values === undefined ? archive.rows.delete("messages", head(archive)) : change(archive, headRow, values),
      );
      expect(
        codes.map(([told]) => told),
        JSON.stringify(values),
      ).toContain(code);
    }
  });
});
