/**
 * @file A network and a data set small enough to train in a test: five rows and a head, images of 64 px with bright
 * squares and dark discs on noise.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "@fovea/core/math/random";
import { initialise } from "@fovea/core/nn/initialise";
import { parseModelYaml } from "@fovea/core/nn/model-yaml";
import { ParameterStore } from "@fovea/core/nn/parameter-store";
import { parametersOf } from "@fovea/core/nn/parameters";
import type { NetworkRows } from "@fovea/core/nn/rows";
import sharp from "sharp";
import type { Batch } from "../../src/data/batch";

export const SIDE = 64;
const NAMES = ["square", "disc"];

/** The model YAML; `head` is `Detect, [nc]` or `Segment, [nc, 32, 32]`. */
export function smallYaml(head = "Detect, [nc]"): string {
  return `nc: 2
backbone:
  - [-1, 1, Conv, [8, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, C2f, [16, true]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [32, 3, 2]]
head:
  - [[3, 4], 1, ${head}]
`;
}

export const smallNetwork: NetworkRows = parseModelYaml(smallYaml(), { file: "small.yaml" }).network;

/** The small network with the weights of a seed. */
export function smallStore(seed: number, frozen?: ReadonlySet<number>): ParameterStore {
  const store = new ParameterStore(parametersOf(smallNetwork), frozen);
  store.set(initialise(smallNetwork, { seed }));
  return store;
}

/** The small network with running statistics that are not those of a fresh one. */
export function storeWithStatistics(seed = 9, frozen?: ReadonlySet<number>): ParameterStore {
  const store = smallStore(3, frozen);
  const random = new Random(seed);
  for (const [name, data] of store.values) {
    if (name.endsWith("running_mean")) for (let i = 0; i < data.length; i++) data[i] = 0.1 * random.normal();
    if (name.endsWith("running_var")) for (let i = 0; i < data.length; i++) data[i] = random.uniform(0.5, 1.5);
  }
  return store;
}

/** A batch of noise; every image has a target of its own. */
export function noiseBatch(seed: number, size: number): Batch {
  const random = new Random(seed);
  const images = Uint8Array.from({ length: size * 3 * SIDE * SIDE }, () => random.integer(0, 256));
  const targets = Array.from({ length: size }, (_, i) => {
    return [i, random.integer(0, 2), random.uniform(0.3, 0.7), random.uniform(0.3, 0.7), 0.3, 0.4];
  });
  const files = targets.map((_, i) => `noise${i}.png`);
  const flat = Float32Array.from(targets.flat());
  return { images, size, width: SIDE, height: SIDE, targets: flat, files, sources: [], release: () => undefined };
}

/** `batches` side by side as one. */
export function joined(...batches: readonly Batch[]): Batch {
  let before = 0;
  const targets: number[] = [];
  for (const batch of batches) {
    batch.targets.forEach((value, i) => {
      targets.push(i % 6 === 0 ? value + before : value);
    });
    before += batch.size;
  }
  const images = new Uint8Array(batches.flatMap((batch) => [...batch.images]));
  const files = batches.flatMap((batch) => batch.files);
  return { ...batches[0], images, size: before, targets: Float32Array.from(targets), files };
}

/** One shape of a picture, in pixels; a disc is written as a polygon of 12 corners. */
interface Mark {
  readonly kind: 0 | 1;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

function paint(data: Uint8Array, { kind, x, y, radius }: Mark): void {
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const [dx, dy] = [Math.abs(column + 0.5 - x), Math.abs(row + 0.5 - y)];
      const inside = kind === 0 ? Math.max(dx, dy) <= radius : Math.hypot(dx, dy) <= radius;
      if (inside) data.fill(kind === 0 ? 240 : 15, 3 * (row * SIDE + column), 3 * (row * SIDE + column) + 3);
    }
  }
}

function outline({ kind, x, y, radius }: Mark): number[] {
  const corners = kind === 0 ? 4 : 12;
  const reach = kind === 0 ? radius * Math.SQRT2 : radius;
  return Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * (i + 0.5)) / corners;
    return [(x + reach * Math.cos(angle)) / SIDE, (y + reach * Math.sin(angle)) / SIDE];
  }).flat();
}

export interface SmallDataOptions {
  /** Training images; as many again for validation. @default 8 */
  readonly count?: number;
  /** Write outlines instead of boxes. @default false */
  readonly outlines?: boolean;
}

/** Writes a data set into `folder`; the path of its YAML. */
export async function writeSmallData(
  folder: string,
  { count = 8, outlines = false }: SmallDataOptions = {},
): Promise<string> {
  const random = new Random(11);
  for (const split of ["train", "val"]) {
    const [images, labels] = ["images", "labels"].map((what) => join(folder, what, split));
    await Promise.all([mkdir(images, { recursive: true }), mkdir(labels, { recursive: true })]);
    for (let i = 0; i < count; i++) {
      const data = Uint8Array.from({ length: 3 * SIDE * SIDE }, () => random.integer(90, 150));
      const rows: string[] = [];
      for (let n = 0; n < 1 + (i % 2); n++) {
        const radius = random.integer(7, 11);
        const place = () => random.integer(radius + 1, SIDE - radius);
        const mark: Mark = { kind: random.chance(0.5) ? 0 : 1, x: place(), y: place(), radius };
        paint(data, mark);
        const [cx, cy, side] = [mark.x / SIDE, mark.y / SIDE, (2 * radius) / SIDE];
        rows.push([mark.kind, ...(outlines ? outline(mark) : [cx, cy, side, side])].join(" "));
      }
      const name = `scan${String(i).padStart(2, "0")}`;
      const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
      await sharp(data, { raw })
        .png()
        .toFile(join(images, `${name}.png`));
      await writeFile(join(labels, `${name}.txt`), `${rows.join("\n")}\n`);
    }
  }
  const yaml = join(folder, "data.yaml");
  await writeFile(yaml, `path: .\ntrain: images/train\nval: images/val\nnames: [${NAMES.join(", ")}]\n`);
  return yaml;
}
