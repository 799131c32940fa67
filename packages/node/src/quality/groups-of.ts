/**
 * @file What each image belongs to: patient, study, site, or anything that an attribute, a file or a name says.
 */
import type { AnnotatedImage } from "@fovea/core/dataset/annotation-set";
import { groupAttribute } from "@fovea/core/dataset/image-group";
import { hasDicomPrefix, parseDataSet } from "@fovea/core/dicom/data-set";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { mapBounded } from "../data/map-bounded";
import { patientFinder } from "../data/patients";
import { isDicomName } from "../data/source-image";
import { readBytes } from "../read-file";

export interface GroupOptions {
  /** `patient`, `study`, `series`, `site`, `image`, the name of an attribute, or an expression on the file's name. */
  readonly by: string;
  /** CSV file `image,patient`, for `patient`. @default none */
  readonly table?: string;
}

/** DICOM attributes that say what those of the images do not. */
const DICOM_KEYWORDS = {
  study: "StudyInstanceUID",
  series: "SeriesInstanceUID",
  site: "InstitutionName",
} as const;

type Kept = keyof typeof DICOM_KEYWORDS;

const isKept = (by: string): by is Kept => Object.hasOwn(DICOM_KEYWORDS, by);

/** Files read at one time. */
const CONCURRENCY = 8;

type Tell = (image: AnnotatedImage, path: string) => string | undefined | Promise<string | undefined>;

/**
 * The group of each image, `undefined` where nothing tells it.
 *
 * @throws {ArgumentError} if `by` is neither an attribute of the images nor an expression; as `patientFinder`
 */
export async function groupsOf(
  images: readonly AnnotatedImage[],
  paths: readonly string[],
  options: GroupOptions,
): Promise<(string | undefined)[]> {
  const tell = await teller(images, options);
  const indices = images.map((_, i) => i);
  return mapBounded(indices, CONCURRENCY, async (i) => {
    try {
      return (await tell(images[i], paths[i])) || undefined;
    } catch (error) {
      // What is broken in the file is told where files are looked at.
      if (error instanceof FoveaError) return undefined;
      throw error;
    }
  });
}

async function teller(images: readonly AnnotatedImage[], { by, table }: GroupOptions): Promise<Tell> {
  if (table !== undefined && by !== "patient") {
    throw new ArgumentError(`patients: a table is read for --by patient only, got --by ${by}`);
  }
  if (by === "image") return ({ file }) => file;
  const attribute: Tell = ({ attributes }) => groupAttribute(attributes, by);
  if (by === "patient") {
    const find = await patientFinder({ by, table });
    // A table was given to be followed.
    return async (image, path) => (table === undefined ? attribute(image, path) : undefined) ?? find(path);
  }
  if (isKept(by)) {
    return async (image, path) => (await attribute(image, path)) ?? dicomText(path, DICOM_KEYWORDS[by]);
  }
  if (images.some(({ attributes }) => groupAttribute(attributes, by) !== undefined)) return attribute;
  if (/^\w+$/.test(by)) {
    const names = [...new Set(images.flatMap(({ attributes }) => Object.keys(attributes ?? {})))];
    const known = names.length > 0 ? `the images have ${names.join(", ")}` : "the images have no attributes";
    throw new ArgumentError(`by: no attribute ${by}; ${known}; wanted one of them, patient, study, site or image`);
  }
  const find = await patientFinder({ by });
  return (_, path) => find(path);
}

async function dicomText(path: string, keyword: (typeof DICOM_KEYWORDS)[Kept]): Promise<string | undefined> {
  if (!isDicomName(path)) return undefined;
  const bytes = await readBytes(path, "image file");
  return hasDicomPrefix(bytes) ? parseDataSet(bytes, path).text(keyword)?.trim() : undefined;
}

/**
 * The group of each image, where each must have one.
 *
 * @throws {ArgumentError} naming the first image without
 */
export function allGrouped(
  groups: readonly (string | undefined)[],
  images: readonly AnnotatedImage[],
  by: string,
): string[] {
  const lost = images.filter((_, i) => groups[i] === undefined);
  if (lost.length > 0) {
    const more = lost.length === 1 ? "" : ` and of ${lost.length - 1} more`;
    const mend =
      by === "patient"
        ? "give --patients table.csv with the columns image,patient, a regular expression as --by '^([^_]+)_', or --by image if every image is of another patient"
        : "add it to the annotations, or take another --by";
    throw new ArgumentError(`by ${by}: none known of ${lost[0].file}${more}; ${mend}`);
  }
  return groups.flatMap((group) => group ?? []);
}
