// The figures as a table for people.
import type { Figures, Goal, ReadFigures } from "./scenarios.js";

const columns: [heading: string, show: (figures: Figures) => string][] = [
  ["scenario", ({ scenario }) => scenario],
  ["messages", ({ stored }) => String(stored)],
  ["s", ({ seconds }) => seconds.toFixed(1)],
  ["msg/s", ({ messagesPerSecond }) => messagesPerSecond.toFixed(1)],
  [
    "ceiling",
    ({ shareOfCeiling, stored, latencyMs }) => ifAny(stored * latencyMs, `${(shareOfCeiling * 100).toFixed(1)} %`),
  ],
  ["slots", ({ slotsInUse, stored }) => ifAny(stored, `${(slotsInUse * 100).toFixed(1)} %`)],
  [
    "bare",
    ({ bareShareOfCeiling }) => (bareShareOfCeiling === undefined ? "" : `${(bareShareOfCeiling * 100).toFixed(1)} %`),
  ],
  ["lead s", ({ leadSeconds, stored }) => ifAny(stored, leadSeconds?.toFixed(2) ?? "")],
  ["tail s", ({ tailSeconds, stored }) => ifAny(stored, tailSeconds.toFixed(2))],
  ["CPU ms/msg", ({ cpuMsPerMessage, stored }) => ifAny(stored, cpuMsPerMessage.toFixed(2))],
  ["main", ({ mainCpuMsPerMessage, stored }) => ifAny(stored, mainCpuMsPerMessage.toFixed(2))],
  ["peak MiB", ({ peakRssMib }) => peakRssMib.toFixed(0)],
  ["heap", ({ peakHeapMib }) => peakHeapMib.toFixed(0)],
  ["buffers", ({ peakBuffersMib }) => peakBuffersMib.toFixed(0)],
  ["Graph", ({ graphRequests }) => String(graphRequests)],
  ["Graph/msg", ({ graphRequestsPerMessage, stored }) => ifAny(stored, graphRequestsPerMessage.toFixed(4))],
  ["blob/msg", ({ blobOperationsPerMessage, stored }) => ifAny(stored, blobOperationsPerMessage.toFixed(4))],
  ["table/msg", ({ tableOperationsPerMessage, stored }) => ifAny(stored, tableOperationsPerMessage.toFixed(4))],
  ["queue/msg", ({ queueOperationsPerMessage, stored }) => ifAny(stored, queueOperationsPerMessage.toFixed(4))],
  ["kB/msg", ({ meanBytes, stored }) => ifAny(stored, (meanBytes / 1_000).toFixed(1))],
  ["stored", ({ storedShare }) => (storedShare === undefined ? "" : `${(storedShare * 100).toFixed(1)} %`)],
  ["USD/million", ({ usdPerMillion }) => usdPerMillion?.total.toFixed(2) ?? ""],
];

const ifAny = (count: number, text: string): string => (count > 0 ? text : "");

const readColumns: [heading: string, show: (figures: ReadFigures) => string][] = [
  ["way back", ({ scenario }) => scenario],
  ["messages", ({ messages }) => String(messages)],
  ["MB raw", ({ rawMegabytes }) => rawMegabytes.toFixed(0)],
  ["s", ({ seconds }) => seconds.toFixed(1)],
  ["MB/s", ({ megabytesPerSecond }) => megabytesPerSecond.toFixed(1)],
  ["msg/s", ({ messagesPerSecond }) => messagesPerSecond.toFixed(1)],
  ["CPU ms/msg", ({ cpuMsPerMessage }) => cpuMsPerMessage.toFixed(2)],
  ["peak MiB", ({ peakRssMib }) => peakRssMib.toFixed(0)],
  ["blob/msg", ({ blobOperationsPerMessage }) => blobOperationsPerMessage.toFixed(4)],
];

/** Runs, then the ways back, then the goals; what was not measured has no table. */
export function table(figures: Figures[], reads: ReadFigures[], goals: Goal[]): string {
  const rows = [columns.map(([heading]) => heading), ...figures.map((one) => columns.map(([, show]) => show(one)))];
  const marks = goals.map(({ name, wanted, figure, reached }) => [
    reached ? "reached" : "MISSED",
    name,
    wanted,
    figure,
  ]);
  const back = [
    readColumns.map(([heading]) => heading),
    ...reads.map((one) => readColumns.map(([, show]) => show(one))),
  ];
  const tables = [...(figures.length > 0 ? [rows] : []), ...(reads.length > 0 ? [back] : []), marks];
  return tables.map((one) => `\n${aligned(one)}`).join("");
}

function aligned(rows: string[][]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}
