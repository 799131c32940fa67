import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Builds the review page to where the service finds it: beside what it runs itself. */
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [react()],
  resolve: { conditions: ["fovea-source", "module", "browser", "production"] },
  build: {
    outDir: join(import.meta.dirname, "../node/dist/page"),
    emptyOutDir: true,
    chunkSizeWarningLimit: 8000,
    rolldownOptions: {
      checks: { pluginTimings: false },
      // Cornerstone's metadata brings an XML writer along that would use Node's `url`, and does without in a browser.
      onLog: (level, log, report) => {
        if (!log.message.includes('Module "url" has been externalized')) report(level, log);
      },
    },
  },
  logLevel: "warn",
});
