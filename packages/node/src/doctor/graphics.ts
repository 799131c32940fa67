/**
 * @file Graphics processors, as far as drivers and the system tell of them.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { toolOutput } from "./run-tool";

export interface GraphicsProcessor {
  readonly name: string;
  readonly memoryMib?: number;
  readonly driver?: string;
  /** Who told of it. */
  readonly source: "nvidia-smi" | "driver" | "lspci" | "system_profiler";
}

/** Graphics processors by the best source there is; none is found where nobody tells. */
export async function findGraphics(): Promise<readonly GraphicsProcessor[]> {
  for (const source of [fromNvidiaSmi, fromDriver, fromLspci, fromSystemProfiler]) {
    const found = await source();
    if (found.length > 0) return found;
  }
  return [];
}

async function fromNvidiaSmi(): Promise<GraphicsProcessor[]> {
  const fields = "--query-gpu=name,memory.total,driver_version";
  return parseNvidiaSmi((await toolOutput("nvidia-smi", [fields, "--format=csv,noheader,nounits"])) ?? "");
}

/** Rows `NVIDIA A100-SXM4-40GB, 40960, 535.104.05`. */
export function parseNvidiaSmi(text: string): GraphicsProcessor[] {
  return nonEmptyLines(text).flatMap((line) => {
    const [name, memory, driver] = line.split(",").map((part) => part.trim());
    if (driver === undefined) return [];
    const memoryMib = Number(memory);
    return [{ name, ...(Number.isFinite(memoryMib) && { memoryMib }), driver, source: "nvidia-smi" as const }];
  });
}

/** NVIDIA's kernel driver without its tools, as in containers. */
async function fromDriver(): Promise<GraphicsProcessor[]> {
  const folder = "/proc/driver/nvidia/gpus";
  const cards = await readdir(folder).catch((): string[] => []);
  const texts = await Promise.all(
    cards.map((card) => readFile(join(folder, card, "information"), "utf8").catch(() => "")),
  );
  return texts.flatMap((text) => {
    const name = /^Model:\s*(.+)$/m.exec(text)?.[1].trim();
    return name === undefined ? [] : [{ name, source: "driver" as const }];
  });
}

async function fromLspci(): Promise<GraphicsProcessor[]> {
  return parseLspci((await toolOutput("lspci", ["-mm"])) ?? "");
}

/** Rows `01:00.0 "VGA compatible controller" "NVIDIA Corporation" "GA102 [GeForce RTX 3090]" -ra1 ...`. */
export function parseLspci(text: string): GraphicsProcessor[] {
  return nonEmptyLines(text).flatMap((line) => {
    const [kind = "", vendor = "", device = ""] = Array.from(line.matchAll(/"([^"]*)"/g), ([, part]) => part);
    const isGraphics = /VGA|3D|Display/.test(kind);
    return isGraphics ? [{ name: `${vendor} ${device}`.trim(), source: "lspci" as const }] : [];
  });
}

async function fromSystemProfiler(): Promise<GraphicsProcessor[]> {
  if (process.platform !== "darwin") return [];
  const text = (await toolOutput("system_profiler", ["SPDisplaysDataType"])) ?? "";
  return Array.from(text.matchAll(/Chipset Model: (.+)/g), ([, name]) => ({
    name,
    source: "system_profiler" as const,
  }));
}

const nonEmptyLines = (text: string) => text.split("\n").filter((line) => line.trim() !== "");
