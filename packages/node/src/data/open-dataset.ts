/**
 * @file Opens one part of a data set: every label file read, every image looked at, everything odd reported.
 */
import { basename, extname } from "node:path";
import { parseDataYaml } from "@fovea/core/dataset/data-yaml";
import { type Dataset, errorOf, type Label, type Problem, problemOf, type Sample } from "@fovea/core/dataset/sample";
import { parseYoloLabels } from "@fovea/core/dataset/yolo-labels";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { readText } from "../read-file";
import { type ListedImage, listImages } from "./list-images";
import { mapBounded } from "./map-bounded";
import { readImageSize } from "./source-image";

export interface OpenDatasetOptions {
  /**
   * What becomes of images that cannot be read or whose labels are wrong: left out and listed among the problems, or
   * a reason to open nothing. @default "skip"
   */
  readonly onProblem?: "skip" | "refuse";
  /** Take all classes for one, called `item`. @default false */
  readonly singleCls?: boolean;
  /** Share of the images to use, the first ones, in (0, 1]. @default 1 */
  readonly fraction?: number;
  /** Hears how many images have been looked at. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Files looked at at one time. */
const CONCURRENCY = 16;

/**
 * The part `split` of the data set that the YAML file at `yamlPath` describes.
 *
 * A label file stands where the image's path has `labels` for its last folder `images`, with the ending `.txt`. Without
 * one, or with an empty one, the image shows nothing and teaches that.
 *
 * @throws {FoveaError} `file_not_found` or `invalid_dataset` if the YAML, a key, a folder or a list is missing or
 * empty; under `refuse`, or if no image is left, the error of the first image or label file that cannot be used
 */
export async function openDataset(
  yamlPath: string,
  split: string,
  { onProblem = "skip", singleCls = false, fraction = 1, onProgress }: OpenDatasetOptions = {},
): Promise<Dataset> {
  if (!(fraction > 0 && fraction <= 1)) throw new ArgumentError(`fraction is ${fraction}, expected above 0, at most 1`);
  const data = parseDataYaml(await readText(yamlPath, "data file"), yamlPath);
  const { images, names, problems: listProblems } = await listImages(data, split);
  const used = images.slice(0, Math.max(1, Math.round(images.length * fraction)));
  let done = 0;
  const looked = await mapBounded(used, CONCURRENCY, async (image) => {
    const result = await lookAt(image, { nc: names.length, singleCls });
    onProgress?.(++done, used.length);
    return result;
  });

  const problems = [...data.problems, ...listProblems, ...looked.flatMap((result) => result.problems)];
  const samples = looked.flatMap(({ sample }) => (sample ? [sample] : []));
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0 && (onProblem === "refuse" || samples.length === 0)) throw firstOf(errors);
  if (!looked.some((result) => result.hasLabels)) {
    const message = `none of ${used.length} images has a label file; expected e.g. ${labelPath(used[0].file)}`;
    problems.push({ severity: "warning", code: "invalid_dataset", file: yamlPath, at: split, message });
  }
  return {
    name: basename(yamlPath, extname(yamlPath)),
    names: singleCls ? ["item"] : names,
    nc: singleCls ? 1 : names.length,
    split,
    samples,
    problems,
  };
}

function firstOf(errors: readonly Problem[]): FoveaError {
  const [first] = errors;
  const more = errors.length - 1;
  return more === 0 ? errorOf(first) : errorOf({ ...first, message: `${first.message} (and ${more} more problems)` });
}

/** Path of the label file of the image at `file`. */
export function labelPath(file: string): string {
  const swapped = file.replace(/([\\/])images(?=[\\/])(?!.*[\\/]images[\\/])/, "$1labels");
  return `${swapped.slice(0, swapped.length - extname(swapped).length)}.txt`;
}

interface Looked {
  /** Absent if the image cannot be used. */
  readonly sample?: Sample;
  readonly hasLabels: boolean;
  readonly problems: readonly Problem[];
}

async function lookAt(
  { file, annotated }: ListedImage,
  { nc, singleCls }: { readonly nc: number; readonly singleCls: boolean },
): Promise<Looked> {
  const problems: Problem[] = [];
  const attempt = async <T>(run: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof FoveaError)) throw error;
      problems.push(problemOf(error));
      return undefined;
    }
  };
  const size = await attempt(() => readImageSize(file));
  const read = annotated ?? (await attempt(() => readLabels(labelPath(file), nc)));
  problems.push(...(read?.problems ?? []));
  if (annotated && size && (annotated.width !== size.width || annotated.height !== size.height)) {
    const message = `${size.width} x ${size.height} pixels; its annotations are for ${annotated.width} x ${annotated.height}`;
    problems.push({ severity: "error", code: "invalid_annotations", file, message });
  }
  if (size && size.frames > 1) {
    const message = `${size.frames} frames, of which the first one is used`;
    problems.push({ severity: "warning", code: "unsupported_dicom", file, message });
  }
  const hasLabels = read !== undefined;
  if (size === undefined || problems.some(({ severity }) => severity === "error")) return { hasLabels, problems };
  const labels: readonly Label[] = read?.labels ?? [];
  const { width, height } = size;
  const sample = {
    file,
    width,
    height,
    labels: singleCls ? labels.map((label) => ({ ...label, classId: 0 })) : labels,
    ...(annotated && annotated.ignored.length > 0 && { ignored: annotated.ignored }),
  };
  return { sample, hasLabels, problems };
}

/** Labels of a YOLO file; `undefined` if there is no such file. */
async function readLabels(file: string, nc: number): Promise<ReturnType<typeof parseYoloLabels> | undefined> {
  try {
    return parseYoloLabels(await readText(file, "label file"), { nc, file });
  } catch (error) {
    if (error instanceof FoveaError && error.code === "file_not_found") return undefined;
    throw error;
  }
}
