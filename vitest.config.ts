import { defineConfig } from "vitest/config";
import { LongFilesFirst } from "./test/long-files-first.ts";
import { parityReporter } from "./test/parity-reporter.ts";

/** Floors whose test files may follow each other in one process: those without ONNX Runtime, and whose tests replace no module. */
const SHARING = [
  "packages/core/**/*.test.ts",
  ...[
    ...["cli", "config", "convert", "deidentify", "dicom", "doctor", "imaging", "pacs", "phantom", "pipeline"],
    ...["report", "server", "vault", "watch"],
  ].map((floor) => `packages/node/src/${floor}/**/*.test.ts`),
];

export default defineConfig({
  ssr: { resolve: { conditions: ["fovea-source"] } },
  resolve: { conditions: ["fovea-source"] },
  test: {
    // ONNX Runtime is native: a forked process per file keeps its threads and arenas apart.
    pool: "forks",
    // More than the two cores of the machine that this is run on: files that wait for timers and processes leave theirs free.
    maxWorkers: 3,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: ["test/equal-arrays.ts"],
    sequence: { sequencer: LongFilesFirst },
    reporters: ["default", parityReporter()],
    projects: [
      {
        extends: true,
        test: {
          name: "a process each",
          include: ["packages/*/src/**/*.test.ts", "packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
          exclude: ["**/node_modules/**", ...SHARING],
        },
      },
      // A new process and its imports take half a second, often more than the tests of a file.
      { extends: true, test: { name: "processes shared", include: SHARING, isolate: false } },
    ],
  },
});
