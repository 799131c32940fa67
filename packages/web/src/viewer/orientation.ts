/**
 * @file Where the edges of an image lie in the patient: R, L, A, P, H, F.
 */
import type { InstanceImage } from "@fovea/core/contract/image";

export interface EdgeLabels {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

const OPPOSITE: Readonly<Record<string, string>> = { L: "R", R: "L", A: "P", P: "A", H: "F", F: "H" };
/** Below this cosine a direction is no part of the name (about 6 degrees off an axis). */
const LEAST_COSINE = 0.1;

/** Of an image as a frame has it (`frameImage`): from the direction cosines, else PatientOrientation; undefined where the file tells neither. */
export function edgeLabels({
  image_orientation: cosines,
  patient_orientation: named,
}: InstanceImage): EdgeLabels | undefined {
  const [row, column] = cosines ? [directionName(cosines.slice(0, 3)), directionName(cosines.slice(3))] : (named ?? []);
  if (!row || !column) return undefined;
  return { right: row, left: opposite(row), bottom: column, top: opposite(column) };
}

/** Letters of a direction in the patient (LPS), the strongest first. */
function directionName(cosines: readonly number[]): string {
  const letters = ["RL", "AP", "FH"];
  return cosines
    .map((cosine, axis) => ({ size: Math.abs(cosine), letter: letters[axis][cosine > 0 ? 1 : 0] }))
    .filter(({ size }) => size > LEAST_COSINE)
    .sort((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join("");
}

function opposite(name: string): string {
  return [...name].map((letter) => OPPOSITE[letter] ?? letter).join("");
}
