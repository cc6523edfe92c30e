import { defineConfig } from "vitest/config";

// Three tiers: `fast` needs nothing, `azurite` needs the storage emulator (started once), `host` runs the built app.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.azurite.test.ts", "test/host/**"],
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
