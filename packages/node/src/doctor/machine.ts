/**
 * @file The machine: processor, memory, disk.
 */
import { constants } from "node:fs";
import { access, readFile, statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, release, totalmem } from "node:os";
import { resolve } from "node:path";
import { toolOutput } from "./run-tool";

export interface Processor {
  readonly model: string;
  /** Logical processors. */
  readonly processors: number;
  /** Those that this process may use. */
  readonly usable: number;
  /** Vector instructions; `null` where the system does not tell. */
  readonly instructions: readonly string[] | null;
}

export interface Memory {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** What a container allows; `null` without a limit. */
  readonly limitBytes: number | null;
}

export interface Disk {
  readonly folder: string;
  readonly writable: boolean;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** Instructions that ONNX Runtime's kernels are written for. */
const INSTRUCTIONS = ["avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "asimdhp"];

export async function examineProcessor(): Promise<Processor> {
  const all = cpus();
  const model = all[0]?.model.trim().replaceAll(/\s+/g, " ") ?? "";
  return {
    model: model === "" ? "unknown" : model,
    processors: all.length,
    usable: availableParallelism(),
    instructions: await instructions(),
  };
}

async function instructions(): Promise<readonly string[] | null> {
  const text =
    process.platform === "darwin"
      ? await toolOutput("sysctl", ["-n", "machdep.cpu.features", "machdep.cpu.leaf7_features"])
      : /^(?:flags|Features)\s*:(.*)$/m.exec(await readFile("/proc/cpuinfo", "utf8").catch(() => ""))?.[1];
  if (text === undefined) return null;
  const words = new Set(text.toLowerCase().replaceAll("avx1.0", "avx").split(/\s+/));
  return INSTRUCTIONS.filter((name) => words.has(name));
}

export function examineMemory(): Memory {
  const total = totalmem();
  const limit = process.constrainedMemory();
  return { totalBytes: total, freeBytes: freemem(), limitBytes: limit > 0 && limit < total ? limit : null };
}

export async function examineDisk(folder = "."): Promise<Disk> {
  const path = resolve(folder);
  const [{ bsize, blocks, bavail }, writable] = await Promise.all([
    statfs(path),
    access(path, constants.W_OK).then(
      () => true,
      () => false,
    ),
  ]);
  return { folder: path, writable, totalBytes: bsize * blocks, freeBytes: bsize * bavail };
}

/** `linux x64, kernel 6.1` */
export function platformName(): string {
  return `${process.platform} ${process.arch}, ${process.platform === "linux" ? "kernel " : ""}${release()}`;
}
