import { defineConfig } from "vitest/config";
import { parityReporter } from "./test/parity-reporter.ts";

export default defineConfig({
  ssr: { resolve: { conditions: ["fovea-source"] } },
  resolve: { conditions: ["fovea-source"] },
  test: {
    include: ["packages/*/src/**/*.test.ts", "packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    // ONNX Runtime is native: a forked process per file keeps its threads and arenas apart.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", parityReporter()],
  },
});
