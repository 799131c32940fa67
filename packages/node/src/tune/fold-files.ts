/**
 * @file The data of one fold, as files that `openDataset` reads.
 *
 *     fold1.yaml        names, train: fold1-train.txt, val: fold1-val.txt
 *     fold1-train.txt   images whose labels stand beside them
 *     fold1-train.json  images whose labels came from a COCO file
 */
import { join } from "node:path";
import type { Region, Sample } from "@fovea/core/dataset/sample";
import { stringify } from "yaml";
import { writeAtomically } from "../data/atomic-write";

export interface FoldData {
  readonly names: readonly string[];
  /** Files whose labels came from a COCO file. */
  readonly annotated: ReadonlySet<string>;
  readonly train: readonly Sample[];
  readonly val: readonly Sample[];
}

/**
 * Writes the files of fold `name` into `folder`.
 *
 * @returns path of the YAML
 * @throws {FoveaError} `disk_full` or `write_failed`
 */
export async function writeFold(folder: string, name: string, fold: FoldData): Promise<string> {
  const part = async (split: "train" | "val") => {
    const files: string[] = [];
    const beside = fold[split].filter(({ file }) => !fold.annotated.has(file));
    const inCoco = fold[split].filter(({ file }) => fold.annotated.has(file));
    if (beside.length > 0) {
      files.push(`${name}-${split}.txt`);
      await writeAtomically(join(folder, files[0]), beside.map(({ file }) => `${file}\n`).join(""));
    }
    if (inCoco.length > 0) {
      files.push(`${name}-${split}.json`);
      await writeAtomically(join(folder, `${name}-${split}.json`), cocoOf(inCoco, fold.names));
    }
    return files;
  };
  const yaml = stringify({ path: ".", train: await part("train"), val: await part("val"), names: [...fold.names] });
  const path = join(folder, `${name}.yaml`);
  await writeAtomically(path, yaml);
  return path;
}

/** Annotations of `samples`, in pixels; classes are numbered as `names` are. */
export function cocoOf(samples: readonly Sample[], names: readonly string[]): string {
  const annotations = samples.flatMap(({ width = 0, height = 0, labels, ignored = [] }, image) => {
    const place = ({ cx, cy, w, h, polygon }: Region) => ({
      image_id: image,
      bbox: [(cx - w / 2) * width, (cy - h / 2) * height, w * width, h * height],
      area: w * width * h * height,
      ...(polygon && { segmentation: [Array.from(polygon, (x, i) => x * (i % 2 === 0 ? width : height))] }),
    });
    const lesions = labels.map(({ classId, weight, ...region }) => {
      return { category_id: classId, ...place(region), iscrowd: 0, weight };
    });
    return [...lesions, ...ignored.map((region) => ({ ...place(region), iscrowd: 0, ignore: 1 }))];
  });
  return JSON.stringify({
    images: samples.map(({ file, width, height }, id) => ({ id, file_name: file, width, height })),
    annotations: annotations.map((annotation, id) => ({ id, ...annotation })),
    categories: names.map((name, id) => ({ id, name })),
  });
}
