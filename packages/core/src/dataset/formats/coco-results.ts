/**
 * @file What a detector found, in COCO's layout of results (cocodataset.org, "Results format"): a list of `image_id`,
 * `category_id`, `bbox` and `score`, whose ids are those of a truth.
 */
import type { Annotation, AnnotationSet } from "../annotation-set";
import { fieldsOf } from "../coco-fields";
import type { ReadSet } from "./annotation-draft";
import { cocoBox } from "./coco";
import { parseJson } from "./coco-root";
import { Tally } from "./tally";

/** Whether a JSON text is a list, as results are. */
export function isCocoResults(text: string): boolean {
  return /^\uFEFF?\s*\[/.test(text);
}

/**
 * The images and classes of `truth`, with the results as their annotations. Entries that cannot be used are problems.
 *
 * @param file what problems call the file
 * @throws {FoveaError} `invalid_annotations` if the text is no JSON
 */
export function readCocoResults(text: string, file: string, truth: AnnotationSet): ReadSet {
  const list = parseJson(text, file);
  const tally = new Tally();
  const found = truth.images.map((): Annotation[] => []);
  const imageOf = new Map(truth.images.map(({ id }, i) => [id, i]));
  const classOf = new Map(truth.categories.map(({ id }, i) => [id, i]));
  for (const [i, entry] of (Array.isArray(list) ? list : []).entries()) {
    const { image_id: image, category_id: category, bbox, score } = fieldsOf(entry) ?? {};
    const at = `[${i}]`;
    const own = found[imageOf.get(image as number) ?? -1];
    const classId = classOf.get(category as number);
    const box = cocoBox(bbox);
    if (own === undefined) tally.add(`image_id ${String(image)} is not in the truth; left out`, at, "error");
    else if (classId === undefined)
      tally.add(`category_id ${String(category)} is not in the truth; left out`, at, "error");
    else if (box === undefined) tally.add("no bbox of four numbers; left out", at, "error");
    else if (typeof score !== "number" || !Number.isFinite(score)) tally.add("no score; left out", at, "error");
    else own.push({ classId, box, score });
  }
  const images = truth.images.map((image, i) => ({ ...image, annotations: found[i] }));
  return { set: { categories: truth.categories, images }, problems: tally.problems(file) };
}
