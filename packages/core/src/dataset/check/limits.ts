/**
 * @file Limits of the checks; every report says those that were used.
 */

export interface CheckLimits {
  /** A box may reach beyond its image by so many pixels: rounding. @default 1 */
  readonly beyondPx: number;
  /** Corners of the same box lie so close, pixels. @default 0.5 */
  readonly samePx: number;
  /** IoU of two boxes of one class from which they likely mark one object. @default 0.8 */
  readonly nearBoxIou: number;
  /** IoU of boxes of two classes from which they likely mark one object. @default 0.9 */
  readonly twoClassesIou: number;
  /** A side of fewer pixels holds nothing that could be seen. @default 3 */
  readonly tinyPx: number;
  /** Share of the image from which a box covers nearly all of it. @default 0.95 */
  readonly wholeImage: number;
  /** Distance from the class's median, of log size and log aspect, in robust standard deviations. @default 5 */
  readonly outlierDeviations: number;
  /** A class with fewer boxes is hardly seen. @default 20 */
  readonly rareBoxes: number;
  /** Bits of the perceptual hash that near-duplicates may differ in, of 64; 7 at most. @default 6 */
  readonly hashBits: number;
  /** Correlation of the 32 x 32 grey values that near-duplicates need. @default 0.97 */
  readonly correlation: number;
  /** Standard deviation of the grey values, 0 ... 255, of a constant image. @default 2 */
  readonly constantDeviation: number;
  /** The same of one of low contrast. @default 10 */
  readonly lowDeviation: number;
  /** Brightest level, but for one pixel in a hundred, of a nearly black image. @default 24 */
  readonly darkLevel: number;
  /** Share of white pixels of a saturated image. @default 0.5 */
  readonly saturatedShare: number;
  /** Images that a group needs to say something of those without labels. @default 10 */
  readonly groupImages: number;
  /** Share of labelled images from which one without labels stands out in its group. @default 0.8 */
  readonly labelledShare: number;
  /** Confidence from which a model's finding without a label counts. @default 0.5 */
  readonly modelConfidence: number;
  /** IoU below which a finding and a label are not of one lesion. @default 0.1 */
  readonly apartIou: number;
  /** IoU below which a label is shifted against a confident finding. @default 0.4 */
  readonly shiftedIou: number;
}

export const CHECK_LIMITS: CheckLimits = {
  beyondPx: 1,
  samePx: 0.5,
  nearBoxIou: 0.8,
  twoClassesIou: 0.9,
  tinyPx: 3,
  wholeImage: 0.95,
  outlierDeviations: 5,
  rareBoxes: 20,
  hashBits: 6,
  correlation: 0.97,
  constantDeviation: 2,
  lowDeviation: 10,
  darkLevel: 24,
  saturatedShare: 0.5,
  groupImages: 10,
  labelledShare: 0.8,
  modelConfidence: 0.5,
  apartIou: 0.1,
  shiftedIou: 0.4,
};
