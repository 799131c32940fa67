/**
 * @file A module of this package as one file that Node runs, made from the sources as they stand: for tests that need
 * another process.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build } from "esbuild";

export interface Bundle {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * @param module below `packages/node/src`, without its ending
 * @param root of the repository, where this file does not stand in it
 */
export async function bundled(module: string, root = resolve(import.meta.dirname, "../../../..")): Promise<Bundle> {
  // Where Node finds the packages that stay outside of the bundle.
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "fovea-"));
  const path = join(folder, "bundle.mjs");
  await build({
    entryPoints: [join(root, "packages/node/src", `${module}.ts`)],
    outfile: path,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    alias: { "@fovea/core": join(root, "packages/core/src") },
    logLevel: "error",
  });
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}
