import { defineConfig } from "vitest/config";

// Four tiers: `fast` needs nothing, `slow` a few minutes, `azurite` the storage emulator (started once), `host` the built app.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.azurite.test.ts", "test/**/*.slow.test.ts", "test/host/**"],
          // Its files change nothing of the process and share the modules once they are loaded: half of the time.
          isolate: false,
          // Not a measure of speed: a hang must end, and a slow machine must not look like one.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "slow",
          include: ["test/**/*.slow.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "azurite",
          include: ["test/**/*.azurite.test.ts"],
          exclude: ["test/host/**"],
          globalSetup: ["test/azurite.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "host",
          include: ["test/host/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
