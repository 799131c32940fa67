/**
 * @file The page as it is built from the sources of today: what lies in `packages/node/dist` may be older.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(import.meta.dirname, "../../..");

export interface BuiltPage {
  readonly folder: string;
  remove(): void;
}

/** As `build.mjs` builds it, into a folder of its own. */
export async function buildPage(): Promise<BuiltPage> {
  const folder = mkdtempSync(join(tmpdir(), "fovea-page-"));
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const config = join(root, "packages/web/vite.config.ts");
  await promisify(execFile)(process.execPath, [vite, "build", "--config", config, "--outDir", folder], {
    cwd: root,
    env: { ...process.env, NODE_ENV: "production" },
  });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
