/**
 * @file Boxes that cannot be right, by themselves, against their image, and against others of it.
 */
import { type Boxes, iou } from "../../geometry/box";
import { type AnnotatedImage, type Annotation, type AnnotationSet, isIgnored } from "../annotation-set";
import { type CheckFinding, finding } from "./finding-kinds";
import { CHECK_LIMITS, type CheckLimits } from "./limits";
import { boxText, hasArea, packed } from "./packed-boxes";

/** An annotation with its place in its image. */
interface Placed extends Annotation {
  readonly index: number;
}

/** Findings in every image: without area, outside, beyond, tiny, as large as the image, and marked twice. */
export function boxFindings({ categories, images }: AnnotationSet, limits: CheckLimits = CHECK_LIMITS): CheckFinding[] {
  const nameOf = (classId: number) => categories[classId]?.name ?? `class ${classId}`;
  return images.flatMap((image, i) => {
    const placed = image.annotations.map((one, index): Placed => ({ ...one, index }));
    const alone = placed.flatMap((one) => {
      const found = boxFinding(one, image, nameOf(one.classId), limits);
      return found ? [{ ...found, images: [i], annotations: [one.index] }] : [];
    });
    const solid = placed.filter((one) => hasArea(one.box) && !isIgnored(one));
    return [...alone, ...pairFindings(solid, i, nameOf, limits)];
  });
}

/** What is wrong with one box, the gravest first and alone. */
function boxFinding(
  { box, crowd, ignore }: Annotation,
  { width, height }: AnnotatedImage,
  name: string,
  limits: CheckLimits,
): CheckFinding | undefined {
  const [w, h] = [box.x2 - box.x1, box.y2 - box.y1];
  const what = `${name} ${boxText(box)}`;
  if (!hasArea(box)) {
    const size = `${Number(w.toFixed(2))} x ${Number(h.toFixed(2))} px`;
    return finding("degenerate_box", `${what}: ${size}`, `${what}：${size}`);
  }
  if (width !== undefined && height !== undefined) {
    const size = `${width} x ${height} px`;
    if (box.x2 <= 0 || box.y2 <= 0 || box.x1 >= width || box.y1 >= height) {
      return finding("outside_image", `${what}, image ${size}`, `${what}，图像 ${size}`);
    }
    const beyond = Math.max(-box.x1, -box.y1, box.x2 - width, box.y2 - height);
    if (beyond > limits.beyondPx) {
      const px = beyond.toFixed(1);
      return finding("beyond_image", `${what}: ${px} px beyond ${size}`, `${what}：超出 ${size} 图像 ${px} px`);
    }
    if (!crowd && !ignore && w * h >= limits.wholeImage * width * height) {
      const share = Math.round((100 * w * h) / (width * height));
      return finding("whole_image_box", `${what}: ${share} % of the image`, `${what}：占图像 ${share} %`);
    }
  }
  if (Math.min(w, h) < limits.tinyPx) {
    const size = `${w.toFixed(1)} x ${h.toFixed(1)} px`;
    return finding("tiny_box", `${what}: ${size}`, `${what}：${size}`);
  }
  return undefined;
}

/** Pairs of boxes on one object. Each box is named with the first that it repeats only. */
function pairFindings(
  marks: readonly Placed[],
  image: number,
  nameOf: (classId: number) => string,
  limits: CheckLimits,
): CheckFinding[] {
  const boxes = packed(marks);
  const found: CheckFinding[] = [];
  for (let b = 1; b < marks.length; b++) {
    for (let a = 0; a < b; a++) {
      const one = pairFinding(marks, boxes, a, b, nameOf, limits);
      if (!one) continue;
      found.push({ ...one, images: [image], annotations: [marks[a].index, marks[b].index] });
      break;
    }
  }
  return found;
}

function pairFinding(
  marks: readonly Placed[],
  boxes: Boxes,
  a: number,
  b: number,
  nameOf: (classId: number) => string,
  limits: CheckLimits,
): CheckFinding | undefined {
  const overlap = iou(boxes, a, boxes, b);
  const [nameA, nameB] = [nameOf(marks[a].classId), nameOf(marks[b].classId)];
  const where = boxText(marks[a].box);
  const share = `IoU ${overlap.toFixed(2)}`;
  if (marks[a].classId !== marks[b].classId) {
    if (overlap < limits.twoClassesIou) return undefined;
    return finding(
      "two_classes",
      `${nameA} and ${nameB} at ${where}, ${share}`,
      `${where} 处同时标为 ${nameA} 与 ${nameB}，${share}`,
    );
  }
  if (isSame(boxes, a, b, limits.samePx)) return finding("duplicate_box", `${nameA} ${where}`, `${nameA} ${where}`);
  if (overlap < limits.nearBoxIou) return undefined;
  const other = boxText(marks[b].box);
  return finding(
    "near_duplicate_box",
    `${nameA} ${where} and ${other}, ${share}`,
    `${nameA} ${where} 与 ${other}，${share}`,
  );
}

function isSame(boxes: Boxes, a: number, b: number, px: number): boolean {
  return [0, 1, 2, 3].every((k) => Math.abs(boxes[4 * a + k] - boxes[4 * b + k]) <= px);
}
