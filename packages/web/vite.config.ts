import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Builds the review page to where the service finds it: beside what it runs itself. */
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [react()],
  resolve: { conditions: ["fovea-source", "module", "browser", "production"] },
  build: { outDir: join(import.meta.dirname, "../node/dist/page"), emptyOutDir: true, chunkSizeWarningLimit: 8000 },
  logLevel: "warn",
});
