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
  // In animals on four legs L stands for lateral.
  if ((dataSet.text("AnatomicalOrientationType") ?? "BIPED") !== "BIPED") return undefined;
  const rows = dataSet.text("PatientOrientation");
  if (rows !== undefined) return sideOfLetters(rows);
  return sideOfCosines(cosinesOf(dataSet, frame));
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

function cosinesOf(dataSet: DataSet, frame: number): readonly number[] {
  try {
    return frameItem(dataSet, frame, "PlaneOrientationSequence").numbers("ImageOrientationPatient");
  } catch (error) {
    // The picture can be read all the same.
    if (error instanceof FoveaError) return [];
    throw error;
  }
}
