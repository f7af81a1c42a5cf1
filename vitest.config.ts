/** Two projects: `node` runs everything, `workers` runs the shared black-box suite inside workerd. */
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
// oxlint-disable-next-line unicorn/require-module-specifiers, import/no-empty-named-blocks -- declares what the setup provides
import type {} from "./test/runtimes/workers/setup.ts";

export default defineConfig({
  test: {
    reporters: ["default", "./test/kit/closing-line.ts"],
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/runtimes/workers/**"],
          testTimeout: 20_000,
          pool: "forks",
        },
      },
      {
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: "./wrangler.toml" },
            // the simulated providers run outside of workerd, on ports that are known once they listen
            miniflare: { bindings: { ...inject("simulated").environment, LOG_LEVEL: "error" } },
          })),
        ],
        test: {
          name: "workers",
          include: ["test/runtimes/workers/**/*.test.ts"],
          globalSetup: ["./test/runtimes/workers/setup.ts"],
          testTimeout: 30_000,
        },
      },
    ],
  },
});
