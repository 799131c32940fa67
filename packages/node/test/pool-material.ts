/**
 * @file What tests of the inference pool work on: models in a folder, pictures in memory, pools that are closed again.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import type { InferenceConfig } from "../src/config/service-config";
import type { AnalysisPool } from "../src/inference/analysis-pool";
import { type InferencePoolOptions, openInferencePool } from "../src/inference/open-inference-pool";
import { type BrightDetectorOptions, brightDetector } from "./bright-detector";

export const INFERENCE: InferenceConfig = {
  device: "cpu",
  threads: 2,
  queue: 256,
  batch: 4,
  batchWindowMs: 2,
  timeoutMs: 60_000,
};

/** A pool's options, its settings one by one. */
type Wishes = Partial<Omit<InferencePoolOptions, "inference">> & { readonly inference?: Partial<InferenceConfig> };

export class PoolMaterial {
  readonly folder: string;
  readonly #pools: AnalysisPool[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<PoolMaterial> {
    return new PoolMaterial(await mkdtemp(join(tmpdir(), "fovea-pool-")));
  }

  async remove(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.close()));
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Path of a model that finds the middle of bright images. */
  async model(name: string, options: BrightDetectorOptions = {}): Promise<string> {
    const file = join(this.folder, name);
    await writeFile(file, brightDetector(options));
    return file;
  }

  async pool({ inference, models, ...wishes }: Wishes = {}): Promise<AnalysisPool> {
    const served = models ?? [{ file: await this.model("bright.onnx") }];
    const pool = await openInferencePool({ ...wishes, models: served, inference: { ...INFERENCE, ...inference } });
    this.#pools.push(pool);
    return pool;
  }
}

/** A grey PNG of one level. */
export function picture({ width = 64, height = 64, level = 204 } = {}): Promise<Buffer> {
  const background = { r: level, g: level, b: level };
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

/** A PNG that takes more than a second to decode on any machine: 96 million pixels, interlaced. */
export function slowPicture(): Promise<Buffer> {
  const create = { width: 12_000, height: 8_000, channels: 3, background: "#cccccc" } as const;
  return sharp({ create }).png({ progressive: true }).toBuffer();
}
