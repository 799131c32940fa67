/**
 * @file How Pascal VOC makes a number of a curve: its area (2010 and later), or its mean height at the recalls 0, .1 ... 1
 * (2007).
 */
export const VOC_METHODS = ["every-point", "11-point"] as const;
export type VocMethod = (typeof VOC_METHODS)[number];
