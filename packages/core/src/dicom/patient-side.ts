/**
 * @file Which side of the patient lies at the image's left.
 *
 * PatientOrientation (PS3.3 C.7.6.1.1.1) says it of projections; of slices the direction of the rows does,
 * ImageOrientationPatient (C.7.6.2.1.1), whose x axis leads to the patient's left.
 */
import { FoveaError } from "../errors";
import type { DataSet } from "./data-set";
import { frameItem } from "./functional-group";

export type SideAtLeft = "patient-right" | "patient-left";

/**
 * The patient's side at the left of a frame; undefined where the file does not say it, where its rows lead neither left
 * nor right, and where what it says cannot be read: nothing is made up.
 */
export function readSideAtLeft(dataSet: DataSet, frame: number): SideAtLeft | undefined {
  if (!standsUpright(dataSet)) return undefined;
  const rows = dataSet.text("PatientOrientation");
  if (rows !== undefined) return sideOfLetters(rows);
  return sideOfCosines(directionCosines(dataSet, frame));
}

/** Whether directions have the names that they have in people: in animals on four legs L stands for lateral. */
export function standsUpright(dataSet: DataSet): boolean {
  return (dataSet.text("AnatomicalOrientationType") ?? "BIPED") === "BIPED";
}

/** Where rows lead to, the main direction first: `L`, or `LF` if they also lead a little to the feet. */
function sideOfLetters(rows: string): SideAtLeft | undefined {
  if (!/^[LR][APHF]{0,2}$/.test(rows)) return undefined;
  return rows.startsWith("L") ? "patient-right" : "patient-left";
}

function sideOfCosines([x, y, z]: readonly number[]): SideAtLeft | undefined {
  if (!(Math.abs(x) > Math.abs(y) && Math.abs(x) > Math.abs(z))) return undefined;
  return x > 0 ? "patient-right" : "patient-left";
}

/** Of a row and of a column of a frame, LPS (C.7.6.2.1.1): six, or none where the file does not say it or says it badly. */
export function directionCosines(dataSet: DataSet, frame: number): readonly number[] {
  try {
    const cosines = frameItem(dataSet, frame, "PlaneOrientationSequence").numbers("ImageOrientationPatient");
    return cosines.length === 6 ? cosines : [];
  } catch (error) {
    // The picture can be read all the same.
    if (error instanceof FoveaError) return [];
    throw error;
  }
}
