/**
 * @file Two annotation sets, a truth and detections, taken into a record image by image.
 */
import {
  type AnnotatedImage,
  type Annotation,
  type AnnotationSet,
  type Attributes,
  isIgnored,
} from "../dataset/annotation-set";
import { imageFinder } from "../dataset/image-finder";
import { ArgumentError } from "../errors";
import { patientOf, spacingOf } from "./case-attributes";
import { EvaluationRecord } from "./evaluation-record";
import type { HitOptions } from "./lesion-hits";

export interface RecordSetsOptions extends HitOptions {
  /** What else is known of an image; counts before what the truth says. @default nothing */
  readonly attributesOf?: (file: string) => Attributes | undefined;
  /** Most confident detections of an image that are kept. @default 100 */
  readonly mostDetections?: number;
}

/**
 * Images are the same where their files are, or where only one of the truth has the name without folders and ending;
 * classes where their names are. Lesions of a patient are those whose image
 * has an attribute that names one (`patient_id` ...). Crowds and what is to be ignored become regions in which nothing is
 * judged; a lesion's `score` or `weight`, or the attribute `certainty`, says how sure its readers were.
 *
 * @throws {ArgumentError} if a detection has no score from 0 to 1, or is of an image or a class that the truth does not have
 */
export function recordOfSets(
  truth: AnnotationSet,
  detections: AnnotationSet,
  { attributesOf, mostDetections, ...hits }: RecordSetsOptions = {},
): EvaluationRecord {
  const names = truth.categories.map(({ name }) => name);
  const classOf = detections.categories.map(({ name }) => names.indexOf(name));
  const found = byTruthFile(truth, detections);
  const record = new EvaluationRecord(names, hits, mostDetections);
  for (const { file, width, height, annotations, attributes } of truth.images) {
    const own = found.get(file)?.annotations ?? [];
    found.delete(file);
    const told = attributesOf?.(file) ?? {};
    const known = { ...attributes, ...told };
    const lesions = annotations.filter((one) => !isIgnored(one));
    record.add({
      ...{ file, width, height, attributes: known },
      // What is told counts first, also where it calls the patient something else.
      ...{ patient: patientOf(told) ?? patientOf(known), spacingMm: spacingOf(told) ?? spacingOf(known) },
      truth: { boxes: boxesOf(lesions), classIds: Int32Array.from(lesions, ({ classId }) => classId) },
      certainty: Float32Array.from(lesions, certaintyOf),
      regions: boxesOf(annotations.filter(isIgnored)),
      detections: {
        boxes: boxesOf(own),
        classIds: Int32Array.from(own, ({ classId }) => {
          if (classOf[classId] >= 0) return classOf[classId];
          const name = detections.categories[classId]?.name ?? classId;
          throw new ArgumentError(`${file}: a detection of ${name}; the truth has ${names.join(", ")}`);
        }),
        scores: Float32Array.from(own, (one) => scoreOf(one, file)),
      },
    });
  }
  const extra = [...found.values()].find(({ annotations }) => annotations.length > 0);
  if (extra) {
    throw new ArgumentError(
      `detections in ${extra.file}, an image that the truth does not have; leave it out, or add it there`,
    );
  }
  return record;
}

/** Detected images under the file that the truth has for them. */
function byTruthFile(truth: AnnotationSet, detections: AnnotationSet): Map<string, AnnotatedImage> {
  const indexOf = imageFinder(
    truth.images.map(({ file }) => file),
    detections.images.map(({ file }) => file),
  );
  const found = new Map<string, AnnotatedImage>();
  for (const image of detections.images) {
    const index = indexOf(image.file);
    const file = index === undefined ? image.file : truth.images[index].file;
    const other = found.get(file);
    if (other) {
      throw new ArgumentError(`${other.file} and ${image.file} are both detections of ${file}; leave one out`);
    }
    found.set(file, image);
  }
  return found;
}

function boxesOf(annotations: readonly Annotation[]): Float32Array {
  return Float32Array.from(annotations.flatMap(({ box: { x1, y1, x2, y2 } }) => [x1, y1, x2, y2]));
}

function scoreOf({ score }: Annotation, file: string): number {
  if (score !== undefined && score >= 0 && score <= 1) return score;
  if (score === undefined)
    throw new ArgumentError(`${file}: a detection without score; without them their order is not known`);
  throw new ArgumentError(`${file}: a detection of score ${score}; wanted a confidence from 0 to 1`);
}

function certaintyOf({ score, weight, attributes }: Annotation): number {
  const named = Number(attributes?.certainty ?? Number.NaN);
  return named > 0 && named <= 1 ? named : (score ?? weight ?? 1);
}
