/**
 * @file Everything that `fovea doctor` finds out about an installation, and what it advises.
 */
import { checkProviders, type ProviderState } from "../runtime/provider-check";
import { VERSION } from "../version";
import { findGraphics, type GraphicsProcessor } from "./graphics";
import { type Capability, checkLibraries, packageVersion } from "./libraries";
import {
  type Disk,
  examineDisk,
  examineMemory,
  examineProcessor,
  type Memory,
  type Processor,
  platformName,
} from "./machine";

/** Something missing or in want, and how to mend it. */
export interface Advice {
  /** `error`: a part of the work is impossible; `hint`: it could be better. */
  readonly severity: "error" | "hint";
  readonly what: string;
  readonly how: string;
}

export interface Examination {
  /** Versions by name; `null` where something is not installed. */
  readonly versions: Readonly<Record<string, string | null>>;
  readonly platform: string;
  readonly processor: Processor;
  readonly memory: Memory;
  readonly disk: Disk;
  readonly gpus: readonly GraphicsProcessor[];
  readonly providers: readonly ProviderState[];
  readonly capabilities: readonly Capability[];
  readonly advice: readonly Advice[];
}

/** Looks at everything; nothing that is missing makes it fail. */
export async function examine(): Promise<Examination> {
  const [onnxruntime, sharp, processor, disk, gpus, providers, capabilities] = await Promise.all([
    packageVersion("onnxruntime-node"),
    packageVersion("sharp"),
    examineProcessor(),
    examineDisk(),
    findGraphics(),
    checkProviders(),
    checkLibraries(),
  ]);
  const found = { processor, memory: examineMemory(), disk, gpus, providers, capabilities };
  return {
    versions: { fovea: VERSION, node: process.versions.node, onnxruntime, sharp },
    platform: platformName(),
    ...found,
    advice: advise(found),
  };
}

const GIB = 2 ** 30;

/** What the findings mean for somebody who wants to work. */
export function advise({
  processor,
  memory,
  disk,
  gpus,
  providers,
  capabilities,
}: Omit<Examination, "versions" | "platform" | "advice">): Advice[] {
  const advice: Advice[] = [];
  const error = (what: string, how: string) => advice.push({ severity: "error", what, how });
  const hint = (what: string, how: string) => advice.push({ severity: "hint", what, how });

  for (const { name, works, detail } of capabilities) {
    if (!works) error(`${name}: ${detail}`, "install again with `npm ci`");
  }
  const cpu = providers.find(({ name }) => name === "cpu");
  if (!cpu?.starts)
    error(`ONNX Runtime does not compute: ${cpu?.reason ?? "no cpu provider"}`, "install again with `npm ci`");
  if (!disk.writable)
    error(`${disk.folder} cannot be written to`, "run in another folder, or give --project and --out");
  if (disk.freeBytes < GIB)
    hint(
      `${gib(disk.freeBytes)} GiB free on the disk of ${disk.folder}`,
      "free some: a run of a small model needs 100 MB",
    );
  const memoryBytes = memory.limitBytes ?? memory.totalBytes;
  if (memoryBytes < 4 * GIB) hint(`${gib(memoryBytes)} GiB of memory`, "train with a smaller batch and cache=false");
  if (processor.instructions !== null && process.arch === "x64" && !processor.instructions.includes("avx2")) {
    hint(
      "the processor has no AVX2, or a virtual machine hides it",
      "expect a quarter of the speed; let the virtual machine pass the host's processor through",
    );
  }
  if (processor.usable < processor.processors) {
    hint(
      `${processor.usable} of ${processor.processors} processors may be used`,
      "raise the limit of the container if that is too little",
    );
  }
  const nvidia = gpus.some(({ name, source }) => source !== "lspci" || /nvidia/i.test(name));
  const cuda = providers.find(({ name }) => name === "cuda");
  if (nvidia && cuda && !cuda.starts)
    hint(`an NVIDIA card is there, but CUDA does not start: ${cuda.reason}`, cuda.remedy ?? "");
  return advice;
}

/** `15.6` */
export function gib(bytes: number): string {
  return (bytes / GIB).toFixed(1);
}
