/**
 * @file What millimetres were measured on: at the detector everything is larger than in the patient.
 */
import type { Spacing } from "../dicom/spacing";
import type { Bilingual } from "../language";
import { both, type Html } from "./html-text";

const SOURCES: Readonly<Record<Spacing["source"], Bilingual>> = {
  PixelSpacing: { zh: "PixelSpacing", en: "PixelSpacing" },
  ImagerPixelSpacing: {
    zh: "ImagerPixelSpacing，探测器平面，未校正放大",
    en: "ImagerPixelSpacing, at the detector, magnified",
  },
  NominalScannedPixelSpacing: {
    zh: "NominalScannedPixelSpacing，扫描胶片",
    en: "NominalScannedPixelSpacing, on the scanned film",
  },
};

/** `0.2 × 0.2 mm (PixelSpacing)`: rows, then columns. */
export function spacingWords(spacing: Spacing): Bilingual {
  const value = `${Number(spacing.row.toPrecision(4))} × ${Number(spacing.column.toPrecision(4))} mm`;
  const { zh, en } = SOURCES[spacing.source];
  return { zh: `${value}（${zh}）`, en: `${value} (${en})` };
}

/** What follows an image's size on a page. */
export function spacingNote(spacing: Spacing | undefined): Html {
  if (spacing === undefined) return both("；文件未给出像素间距", "; the file gives no pixel spacing");
  const { zh, en } = spacingWords(spacing);
  return both(`；像素间距 ${zh}`, `; pixel spacing ${en}`);
}
