/**
 * @file Vessels of the lungs of an imagined patient: from each hilum outwards, forking and thinning.
 */
import type { Random } from "../math/random";
import { type Canvas, CELL_MM, raise } from "./canvas";
import { CENTER, type Patient, spineAt } from "./patient";

export function drawVessels(target: Canvas, patient: Patient, random: Random): void {
  for (const direction of [-1, 1]) {
    const x = spineAt(patient, 0) + direction * 33;
    // The left hilum stands higher than the right one.
    const y = CENTER - (direction < 0 ? 4 : 13);
    spot(target, x, y, 14, 0.12);
    for (let vessel = 0; vessel < 11; vessel++) {
      const angle = random.uniform(-1.4, 1.5);
      drawVessel(target, { x, y, angle, direction, radius: random.uniform(2.4, 3.6) }, random);
    }
  }
}

interface Vessel {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly direction: number;
  readonly radius: number;
}

function drawVessel(target: Canvas, vessel: Vessel, random: Random): void {
  let { x, y, angle, radius } = vessel;
  while (radius > 0.9) {
    x += vessel.direction * Math.cos(angle) * 1.2;
    y += Math.sin(angle) * 1.2;
    angle += random.uniform(-0.14, 0.14);
    radius *= 0.982;
    spot(target, x, y, radius, 0.05 + 0.035 * radius);
    if (radius > 1.3 && random.chance(0.035)) {
      const turn = random.chance(0.5) ? 0.55 : -0.55;
      drawVessel(target, { x, y, angle: angle + turn, direction: vessel.direction, radius: radius * 0.72 }, random);
    }
  }
}

/** A round spot of `peak`, falling to its border. */
function spot(target: Canvas, cx: number, cy: number, radius: number, peak: number): void {
  const step = CELL_MM / 1.5;
  for (let y = -radius; y <= radius; y += step) {
    for (let x = -radius; x <= radius; x += step) {
      raise(target, cx + x, cy + y, peak * (1 - (x * x + y * y) / (radius * radius)));
    }
  }
}
