/** Two projects: `node` runs everything, `workers` runs the shared black-box suite inside workerd. */
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

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
        plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
        test: { name: "workers", include: ["test/runtimes/workers/**/*.test.ts"], testTimeout: 30_000 },
      },
    ],
  },
});
