/**
 * @file Opens annotations of any format that is read: detected, gathered, with their pictures looked for.
 */
import type { AnnotatedImage, AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { type ClassMap, mapClasses } from "@fovea/core/dataset/formats/class-map";
import type { ReadFormat } from "@fovea/core/dataset/formats/format-names";
import { inPixels } from "@fovea/core/dataset/formats/fractions";
import type { Problem } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import type { AnnotationFiles, Gathered, GatherOptions } from "./annotations/annotation-source";
import { findAnnotationFiles } from "./annotations/find-annotation-files";
import { findPictures, type KnownSizes, sizesOf, withSizes } from "./annotations/find-pictures";
import { gatherCoco } from "./annotations/gather-coco";
import { gatherLabelMe } from "./annotations/gather-labelme";
import { gatherCsv, gatherOpenImages, gatherTfRecord } from "./annotations/gather-tables";
import { gatherCvat, gatherVoc } from "./annotations/gather-xml";
import { gatherYolo } from "./annotations/gather-yolo";

export interface OpenAnnotationsOptions extends GatherOptions {
  /** @default found out by the content */
  readonly format?: ReadFormat;
  /** Renames, merges and drops classes. */
  readonly classMap?: ClassMap;
  /** Folder of the pictures. @default looked for around the annotations */
  readonly images?: string;
  /** Images of another set whose sizes hold here too, for formats that have none where the pictures are missing. */
  readonly sizesOf?: readonly AnnotatedImage[];
  /** Hears how many images have been looked at. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface OpenedAnnotations {
  readonly set: AnnotationSet;
  readonly problems: readonly Problem[];
  /** Folder that `file` of every image is relative to. */
  readonly root: string;
  readonly format: ReadFormat;
}

type Gather = (files: AnnotationFiles, options: GatherOptions) => Promise<Gathered>;

const GATHER: { readonly [F in ReadFormat]: Gather } = {
  coco: gatherCoco,
  yolo: gatherYolo,
  voc: gatherVoc,
  labelme: gatherLabelMe,
  cvat: gatherCvat,
  openimages: gatherOpenImages,
  csv: gatherCsv,
  tfrecord: gatherTfRecord,
};

/**
 * Everything annotated in the file or folder at `path`, in pixels.
 *
 * Pictures need not be there, but where the format has fractions only and no picture tells the size, an image with
 * annotations is left out, as an error among the problems.
 *
 * @throws {FoveaError} `file_not_found`; `invalid_dataset` if no known format is found or several are;
 * `invalid_annotations` if a file that holds all annotations cannot be read
 */
export async function openAnnotations(path: string, options: OpenAnnotationsOptions = {}): Promise<OpenedAnnotations> {
  const { split, columns, images: folder, onProgress } = options;
  const files = await findAnnotationFiles(path, options.format);
  const gathered = ofSplit(await GATHER[files.format](files, { split, columns }), split, path);
  const known: KnownSizes | undefined = options.sizesOf && sizesOf(options.sizesOf);
  const pictures = await findPictures(gathered.set.images, { base: gathered.base, folder });
  const sized = await withSizes(pictures, { known, onProgress });
  const problems = [...gathered.problems, ...sized.problems];
  const images = gathered.fractions ? allInPixels(sized.images, pictures.root, problems) : sized.images;
  const set = { categories: gathered.set.categories, images };
  const mapped = options.classMap && mapClasses(set, options.classMap, "class map");
  problems.push(...(mapped?.problems ?? []));
  return { set: mapped?.set ?? set, problems, root: pictures.root, format: files.format };
}

/** @throws {FoveaError} `invalid_dataset` if no image is of this part */
function ofSplit(gathered: Gathered, split: string | undefined, file: string): Gathered {
  if (split === undefined) return gathered;
  const { categories, images } = gathered.set;
  const kept = images.filter((image) => image.split === split);
  if (kept.length === 0) {
    const known = [...new Set(images.flatMap((image) => image.split ?? []))];
    const parts = known.length > 0 ? `its parts are ${known.join(", ")}` : "it tells of no parts";
    throw new FoveaError("invalid_dataset", `no image in the part ${split}; ${parts}`, { file, at: split });
  }
  return { ...gathered, set: { categories, images: kept } };
}

function allInPixels(images: readonly AnnotatedImage[], root: string, problems: Problem[]): AnnotatedImage[] {
  const broken = new Set(problems.map(({ file }) => file));
  return images.flatMap((image) => {
    const converted = inPixels(image);
    if (converted) return converted;
    const file = `${root}/${image.file}`;
    if (!broken.has(file)) {
      const message = "picture not found; its annotations are fractions of its size; say where the pictures are";
      problems.push({ severity: "error", code: "file_not_found", file, message });
    }
    return [];
  });
}
