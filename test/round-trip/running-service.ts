/**
 * @file The built `fovea serve` as a child, in folders and on ports of its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const PROGRAM = resolve(import.meta.dirname, "../../packages/node/bin/fovea.js");
const BUILT = resolve(import.meta.dirname, "../../packages/node/dist/cli/main.js");

export interface RunningService {
  readonly url: string;
  readonly dimsePort: number;
  /** Of an administrator. */
  readonly key: string;
  /** All that it printed, its log included. */
  readonly said: readonly string[];
  json(path: string): Promise<unknown>;
  bytes(path: string): Promise<Uint8Array>;
  /** As an administrator would. @returns its exit code */
  stop(): Promise<number | null>;
}

/**
 * Resolves when it says its address.
 *
 * @param settings text of `fovea.yaml`, which is written into `folder`
 * @param databaseUrl PostgreSQL; none: the embedded database
 */
export async function startService(folder: string, settings: string, databaseUrl?: string): Promise<RunningService> {
  if (!existsSync(BUILT)) throw new Error("nothing is built: node build.mjs");
  const config = join(folder, "fovea.yaml");
  writeFileSync(config, settings);
  const { DATABASE_URL: _, ...environment } = process.env;
  const child = spawn(
    process.execPath,
    [PROGRAM, "serve", "--config", config, "--port", "0", "--dimse-port", "0", "--lang", "zh", "--log", "debug"],
    {
      env: { ...environment, ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }) },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const said: string[] = [];
  const announced = await heard(child, said).catch(async (error) => {
    await ended(child);
    throw error;
  });
  const get = async (path: string) => {
    const response = await fetch(announced.url + path, { headers: { Authorization: `Bearer ${announced.key}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  return {
    ...announced,
    said,
    json: async (path) => (await get(path)).json(),
    bytes: async (path) => new Uint8Array(await (await get(path)).arrayBuffer()),
    stop: () => ended(child),
  };
}

/** Its address, which is the last that it says of itself. */
function heard(child: ChildProcess, said: string[]): Promise<Pick<RunningService, "url" | "dimsePort" | "key">> {
  return new Promise((resolve, reject) => {
    const hear = (line: string) => {
      said.push(line);
      const [, url] = /^Address\s+(\S+)/.exec(line) ?? [];
      if (url === undefined) return;
      const value = (pattern: RegExp) => said.map((one) => pattern.exec(one)?.[1]).find((one) => one !== undefined);
      resolve({ url, dimsePort: Number(value(/^DICOM .*port (\d+)$/)), key: value(/^Key\s+(\S+)/) ?? "" });
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface(stream).on("line", hear);
    }
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`ended with code ${code}:\n${said.join("\n")}`)));
  });
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  }
  return child.exitCode;
}
