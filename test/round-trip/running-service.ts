/**
 * @file The built `fovea serve` on free ports, and what it answers to its administrator.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Served } from "../../packages/node/test/service/served";

const BUILT = resolve(import.meta.dirname, "../../packages/node/dist/cli/main.js");
const FLAGS = ["--port", "0", "--dimse-port", "0", "--lang", "zh", "--log", "debug"];

export interface RunningService {
  readonly dimsePort: number;
  /** All that it printed, its log included. */
  readonly transcript: string;
  json(path: string): Promise<unknown>;
  bytes(path: string): Promise<Uint8Array>;
  /** As an administrator would. @returns its exit code */
  stop(): Promise<number | null>;
}

/**
 * Resolves when it serves.
 *
 * @param settings text of `fovea.yaml`, which is written into `folder`
 * @param databaseUrl PostgreSQL; none: the embedded database
 */
export async function startService(folder: string, settings: string, databaseUrl?: string): Promise<RunningService> {
  if (!existsSync(BUILT)) throw new Error("nothing is built: node build.mjs");
  const config = join(folder, "fovea.yaml");
  writeFileSync(config, settings);
  const environment = { DATABASE_URL: databaseUrl ?? "" };
  const served = new Served(["--config", config, ...FLAGS], { environment, lines: 100_000 });
  await served.start();
  if (!served.isRunning) throw new Error(`did not start:\n${served.complaint}`);
  const headers = { Authorization: `Bearer ${served.said(/^Key\s+(\S+)/)}` };
  const get = async (path: string) => {
    const response = await fetch(served.url + path, { headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  return {
    dimsePort: Number(served.said(/^DICOM\s.*port (\d+)$/)),
    get transcript() {
      return served.transcript;
    },
    json: async (path) => (await get(path)).json(),
    bytes: async (path) => new Uint8Array(await (await get(path)).arrayBuffer()),
    stop: () => served.stop(),
  };
}
