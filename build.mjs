/**
 * Builds what Node runs: `packages/node/dist` (command line and worker entry points, with core bundled in and
 * chunks shared, so that a command loads only what it needs) and `packages/core/dist` (an entry for each module, for
 * programs that import `@fovea/core/...`), and the review page, which the service hands out (`packages/node/dist/page`).
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { build as buildPage } from "vite";

/** Every `.ts` file below `directory` but tests. */
function sources(directory) {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /(?<!\.test|\.d)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

const common = { format: "esm", platform: "node", target: "node20", sourcemap: "linked", logLevel: "warning" };

rmSync("packages/core/dist", { recursive: true, force: true });
rmSync("packages/node/dist", { recursive: true, force: true });
await Promise.all([
  build({
    ...common,
    entryPoints: sources("packages/core/src"),
    outdir: "packages/core/dist",
    outbase: "packages/core/src",
    bundle: true,
    splitting: true,
    packages: "external",
  }),
  build({
    ...common,
    entryPoints: sources("packages/node/src"),
    outdir: "packages/node/dist",
    outbase: "packages/node/src",
    bundle: true,
    splitting: true,
    packages: "external",
    conditions: ["fovea-source"],
    plugins: [
      {
        // `packages: external` would leave our own core out of the bundle; it is named back in here.
        name: "bundle-core",
        setup({ onResolve }) {
          onResolve({ filter: /^@fovea\/core\// }, ({ path }) => ({
            path: join(import.meta.dirname, "packages/core/src", `${path.slice("@fovea/core/".length)}.ts`),
          }));
        },
      },
    ],
  }),
]);
await buildPage({ configFile: "packages/web/vite.config.ts" });
