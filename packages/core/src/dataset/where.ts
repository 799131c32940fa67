/**
 * @file Conditions on images, as a user writes them: `site=A`, `age>=60`, `boxes=0`, `file~^p1`.
 *
 * The name is that of an attribute, also by its usual other names (`patient` for `patient_id`), or `file`, `split`,
 * `width`, `height`, `boxes`. Several conditions must all hold. An image without the attribute fulfils none but `!=`.
 */
import { ArgumentError } from "../errors";
import type { AnnotatedImage } from "./annotation-set";
import { groupAttribute } from "./image-group";

export type Condition = (image: AnnotatedImage) => boolean;

type Compare = (value: string | undefined, wanted: string) => boolean;

const byNumber =
  (holds: (a: number, b: number) => boolean): Compare =>
  (value, wanted) =>
    value !== undefined && value !== "" && holds(Number(value), Number(wanted));

/** Longer signs first, so that `>=` is not read as `>`. */
const SIGNS: readonly (readonly [sign: string, compare: Compare])[] = [
  ["!=", (value, wanted) => !isEqual(value, wanted)],
  [">=", byNumber((a, b) => a >= b)],
  ["<=", byNumber((a, b) => a <= b)],
  ["=", isEqual],
  [">", byNumber((a, b) => a > b)],
  ["<", byNumber((a, b) => a < b)],
  ["~", (value, wanted) => value !== undefined && new RegExp(wanted).test(value)],
];

/** The same text, or the same number however it is written. */
function isEqual(value: string | undefined, wanted: string): boolean {
  if (value === wanted) return true;
  return value !== undefined && isNumber(value) && isNumber(wanted) && Number(value) === Number(wanted);
}

const isNumber = (text: string) => text.trim() !== "" && Number.isFinite(Number(text));

/**
 * @throws {ArgumentError} if the text is no condition: without a sign, a number where one is compared, or an expression
 */
export function parseCondition(text: string): Condition {
  const [, name, sign, wanted] = /^\s*([^=!<>~]+?)\s*(!=|>=|<=|=|>|<|~)\s*(.*?)\s*$/.exec(text) ?? [];
  const compare = SIGNS.find(([one]) => one === sign)?.[1];
  if (compare === undefined) {
    throw new ArgumentError(`where: got ${text}, wanted name, sign (= != > >= < <= ~) and value, as site=A`);
  }
  if (/[<>]/.test(sign) && !isNumber(wanted)) throw new ArgumentError(`where: ${text} compares with no number`);
  if (sign === "~") {
    try {
      new RegExp(wanted);
    } catch (cause) {
      throw new ArgumentError(`where: ${wanted} is no regular expression`, { cause });
    }
  }
  return (image) => compare(valueOfImage(image, name), wanted);
}

function valueOfImage(image: AnnotatedImage, name: string): string | undefined {
  const own: Readonly<Record<string, string | number | undefined>> = {
    file: image.file,
    split: image.split,
    width: image.width,
    height: image.height,
    boxes: image.annotations.length,
  };
  const attribute = groupAttribute(image.attributes, name);
  if (attribute !== undefined) return attribute;
  return Object.hasOwn(own, name) && own[name] !== undefined ? String(own[name]) : undefined;
}
