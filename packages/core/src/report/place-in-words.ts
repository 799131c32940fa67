/**
 * @file Where in an image a finding lies, in words.
 *
 * Words are of the image as it is shown: its left is the reader's left. Which side of the patient that is, only the
 * file can say (`dicom/patient-side.ts`), and without it nothing is said of the patient.
 */
import type { SideAtLeft } from "../dicom/patient-side";
import type { Box } from "../finding";
import type { Bilingual } from "../language";

/** By thirds: rows from the top, columns from the left. */
const REGIONS: readonly (readonly Bilingual[])[] = [
  [
    { zh: "左上", en: "upper left" },
    { zh: "中上", en: "upper middle" },
    { zh: "右上", en: "upper right" },
  ],
  [
    { zh: "左侧", en: "middle left" },
    { zh: "中央", en: "centre" },
    { zh: "右侧", en: "middle right" },
  ],
  [
    { zh: "左下", en: "lower left" },
    { zh: "中下", en: "lower middle" },
    { zh: "右下", en: "lower right" },
  ],
];

const SIDES: Readonly<Record<"left" | "right", Bilingual>> = {
  left: { zh: "患者左侧", en: "patient's left" },
  right: { zh: "患者右侧", en: "patient's right" },
};

/** The ninth of the image that the middle of `box` lies in; middles on a dividing line belong to the right and below. */
export function placeInWords(
  { x1, y1, x2, y2 }: Box,
  { width, height }: { readonly width: number; readonly height: number },
  sideAtLeft?: SideAtLeft,
): Bilingual {
  const column = third((x1 + x2) / 2, width);
  const { zh, en } = REGIONS[third((y1 + y2) / 2, height)][column];
  if (sideAtLeft === undefined || column === 1) return { zh, en };
  const atLeft = sideAtLeft === "patient-left" ? "left" : "right";
  const side = SIDES[column === 0 ? atLeft : atLeft === "left" ? "right" : "left"];
  return { zh: `${zh}（${side.zh}）`, en: `${en} (${side.en})` };
}

function third(at: number, length: number): number {
  return Math.max(0, Math.min(2, Math.floor((3 * at) / length)));
}
