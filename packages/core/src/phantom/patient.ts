/**
 * @file What differs from one imagined patient to the next, and the outlines that follow from it.
 *
 * Lengths in millimetres. `y` is a height below the canvas's centre, `x` a distance from the midline.
 */
import type { Random } from "../math/random";

/** Width and height of the canvas: the detector's field and room to turn it. */
export const CANVAS_MM = 420;
/** Height of the hila, roughly, from the top. */
export const CENTER = CANVAS_MM / 2;
/** A straight spine, from the left. */
export const MIDLINE = CANVAS_MM / 2;

export interface Patient {
  /** Of the chest between the ribs. */
  readonly halfWidth: number;
  readonly apex: number;
  /** Heights of the domes of the diaphragm, right and left. */
  readonly domes: readonly [right: number, left: number];
  /** Width of each lung against the normal one. */
  readonly fullness: readonly [right: number, left: number];
  readonly heartWidth: number;
  readonly heartHeight: number;
  readonly ribGap: number;
  /** How much lower a rib ends in front than it begins behind. */
  readonly ribFall: number;
  readonly ribShade: number;
  readonly bodyShade: number;
  /** 0: no shadow. */
  readonly breasts: number;
  /** Sideways bend of the spine. */
  readonly bend: number;
}

export function drawPatient(random: Random): Patient {
  const dome = random.uniform(78, 98);
  return {
    halfWidth: random.uniform(122, 140),
    apex: random.uniform(-140, -126),
    domes: [dome, dome + random.uniform(6, 18)],
    fullness: [random.uniform(0.96, 1.04), random.uniform(0.92, 1)],
    heartWidth: random.uniform(0.85, 1.15),
    heartHeight: random.uniform(0.9, 1.1),
    ribGap: random.uniform(22, 25.5),
    ribFall: random.uniform(96, 124),
    ribShade: random.uniform(0.1, 0.15),
    bodyShade: random.uniform(0.93, 1.05),
    breasts: random.chance(0.45) ? random.uniform(0.3, 1) : 0,
    bend: random.uniform(-5, 5),
  };
}

/** Where the spine is from left to right, at a height. */
export function spineAt({ bend }: Patient, y: number): number {
  return MIDLINE + bend * Math.sin(y / 70);
}

/** Distance of the chest wall's inside from the midline; side 0 is the patient's right. */
export function lungEdge({ apex, halfWidth, fullness }: Patient, side: 0 | 1, y: number): number {
  const u = (y - apex) / (130 - apex);
  if (u <= 0) return 0;
  return fullness[side] * (halfWidth - 8) * (1 - (1 - Math.min(u, 1)) ** 2.9) ** 0.5;
}

/** Height of a lung's lower border at distance `x`: a dome that falls steeply towards the chest wall. */
export function diaphragm({ domes, halfWidth }: Patient, side: 0 | 1, x: number): number {
  const t = (x - 62) / (halfWidth - 62);
  return domes[side] + (t > 0 ? 36 * t ** 2.4 : 10 * t ** 2);
}
