// Starts one storage emulator for all *.azurite.test.ts files and tells them its connection string.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Connection string of the running emulator. */
    azurite: string;
  }
}

/** The emulator's published key: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite */
const publishedKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

export default async function startAzurite(project: TestProject): Promise<() => Promise<void>> {
  const flags = ["--silent", "--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence"];
  const ports = ["--blobPort", "0", "--queuePort", "0", "--tablePort", "0"];
  const program = createRequire(import.meta.url).resolve("azurite/dist/src/azurite.js");
  const emulator = spawn(process.execPath, [program, ...flags, ...ports], { stdio: ["ignore", "pipe", "pipe"] });
  // A test run that is killed must not leave the emulator behind.
  const stop = () => void emulator.kill();
  process.once("exit", stop);
  project.provide("azurite", await connectionString(emulator));
  return async () => {
    process.off("exit", stop);
    const ended = once(emulator, "exit");
    emulator.kill();
    await ended;
  };
}

async function connectionString(emulator: ChildProcess): Promise<string> {
  const endpoints = new Map<string, string>();
  for await (const line of linesOf(emulator)) {
    const found = /Azurite (\w+) service is successfully listening at (\S+)/.exec(line);
    if (found?.[1] && found[2]) endpoints.set(found[1], found[2]);
    if (endpoints.size < 3) continue;
    const parts = [...endpoints].map(([service, url]) => `${service}Endpoint=${url}/devstoreaccount1`);
    return `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${publishedKey};${parts.join(";")};`;
  }
  throw new Error("Azurite ended before it was ready");
}

/** Its output, line by line; read on to the end, because a full pipe would stop it. */
async function* linesOf({ stdout, stderr }: ChildProcess): AsyncIterable<string> {
  if (stdout === null || stderr === null) throw new Error("Azurite has no output to read");
  stderr.pipe(process.stderr);
  const lines = createInterface({ input: stdout });
  try {
    for await (const line of lines) yield line;
  } finally {
    stdout.resume();
  }
}
