/**
 * @file Opens annotations of any format that is read: detected, gathered, with their pictures looked for.
 */
import type { AnnotatedImage, AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { inPixels } from "@fovea/core/dataset/formats/fractions";
import type { Problem } from "@fovea/core/dataset/sample";
import type { AnnotationFormat, Gathered, GatherOptions } from "./annotations/annotation-source";
import { detectFormat } from "./annotations/detect-format";
import { findPictures, type KnownSizes, sizesOf, withSizes } from "./annotations/find-pictures";
import { gatherCoco } from "./annotations/gather-coco";
import { gatherDataYaml } from "./annotations/gather-yolo";

export interface OpenAnnotationsOptions extends GatherOptions {
  /** @default found out by the content */
  readonly format?: AnnotationFormat;
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
  readonly format: AnnotationFormat;
}

type Gather = (path: string, options: GatherOptions) => Promise<Gathered>;

const GATHER: Readonly<Partial<Record<AnnotationFormat, Gather>>> = {
  coco: gatherCoco,
  yolo: gatherDataYaml,
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
  const { format = await detectFormat(path), split, images: folder, onProgress } = options;
  const gather = GATHER[format];
  if (!gather) throw new Error(`unreachable: ${format}`);
  const gathered = await gather(path, { split });
  const known: KnownSizes | undefined = options.sizesOf && sizesOf(options.sizesOf);
  const pictures = await findPictures(gathered.set.images, { base: gathered.base, folder });
  const sized = await withSizes(pictures, { known, onProgress });
  const problems = [...gathered.problems, ...sized.problems];
  const images = gathered.fractions ? allInPixels(sized.images, pictures.root, problems) : sized.images;
  return { set: { categories: gathered.set.categories, images }, problems, root: pictures.root, format };
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
