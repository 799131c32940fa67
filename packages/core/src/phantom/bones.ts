/**
 * @file Spine, ribs and collarbones of an imagined patient.
 *
 * Every bone raises the canvas to its shade; where bones cross, the denser one stays.
 */
import type { Random } from "../math/random";
import { type Canvas, CELL_MM, cellCenter, raise, smoothstep } from "./canvas";
import { CENTER, lungEdge, MIDLINE, type Patient, spineAt } from "./patient";

export function drawBones(target: Canvas, patient: Patient, random: Random): void {
  drawRibs(target, patient);
  drawClavicles(target, patient, random);
  drawSpine(target, patient);
}

/** Vertebral bodies, the discs between them, and a spinous process in each. */
function drawSpine(target: Canvas, patient: Patient): void {
  const height = 25;
  for (let row = 0; row < target.size; row++) {
    const y = cellCenter(row) - CENTER;
    const middle = spineAt(patient, y);
    const part = (cellCenter(row) + 6) % height;
    const half = part < 5 ? 15 : 17;
    // The neck is thin, and its bones are lost in the exposure made for the chest.
    const seen = 0.45 + 0.55 * smoothstep(-120, -60, y);
    const shade = part < 5 ? 0.075 : 0.115;
    const process = part > 12 && part < 21 ? 3 : 0;
    for (let x = -half; x <= half; x += CELL_MM / 2) {
      const border = Math.abs(x) > half - 3 ? 0.015 : 0;
      raise(target, middle + x, y + CENTER, seen * (shade + border + (Math.abs(x) < process ? 0.05 : 0)));
    }
  }
}

/**
 * Ten pairs of ribs. A rib runs round the chest on a tilted ellipse: rather level behind, falling at the side, and
 * towards the middle again in front, where it is fainter and ends in cartilage.
 */
function drawRibs(target: Canvas, patient: Patient): void {
  for (let rib = 0; rib < 10; rib++) {
    const back = patient.apex + 6 + rib * patient.ribGap;
    const fall = patient.ribFall * (0.72 + 0.03 * rib);
    for (const side of [0, 1] as const) {
      const direction = side === 0 ? -1 : 1;
      const reach = Math.max(46, lungEdge(patient, side, back + fall * 0.45) + 4);
      const middle = spineAt(patient, back);
      drawBone(target, {
        x: (phi) => middle + direction * (14 + (reach - 14) * Math.sin(phi)),
        y: (phi) => CENTER + back - 7 * Math.sin(2 * phi) + (fall * (1 - Math.cos(phi))) / 2,
        shade: (phi) => patient.ribShade * (phi < 1.5 ? 1 : 0.42),
        half: 4.6 + 0.35 * Math.min(rib, 3),
        end: rib < 7 ? 2.55 : 2.1,
      });
    }
  }
}

/** Slightly S-shaped, from the breastbone outwards and up. */
function drawClavicles(target: Canvas, patient: Patient, random: Random): void {
  const rise = random.uniform(4, 24);
  for (const direction of [-1, 1]) {
    const lift = rise + random.uniform(-5, 5);
    drawBone(target, {
      x: (phi) => MIDLINE + direction * (14 + 56 * phi),
      y: (phi) => CENTER + patient.apex + 28 - (lift * phi) / 2.2 - 7 * Math.sin(2.3 * phi),
      shade: () => 0.16,
      half: 5.6,
      end: 2.2,
    });
  }
}

/** A bone's course over `phi` from 0 to `end`, its shade and half its height. */
interface Bone {
  readonly x: (phi: number) => number;
  readonly y: (phi: number) => number;
  readonly shade: (phi: number) => number;
  readonly half: number;
  readonly end: number;
}

/** Stamp a bone along its course: denser at its borders, where the cortex lies, and fading out at its end. */
function drawBone(target: Canvas, { x, y, shade, half, end }: Bone): void {
  let px = x(0);
  let py = y(0);
  for (let phi = 0.012; phi < end; phi += 0.011) {
    const qx = x(phi);
    const qy = y(phi);
    const length = Math.hypot(qx - px, qy - py) || 1;
    const nx = -(qy - py) / length;
    const ny = (qx - px) / length;
    px = qx;
    py = qy;
    const value = shade(phi) * Math.min(1, (end - phi) / 0.25);
    for (let t = -half; t <= half; t += 1.1) {
      raise(target, qx + t * nx, qy + t * ny, value * (0.85 + 0.15 * (t / half) ** 4));
    }
  }
}
