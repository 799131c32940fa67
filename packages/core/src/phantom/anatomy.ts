/**
 * @file The chest of an imagined patient, seen from the front: an attenuation map of thorax, lungs and heart.
 *
 * A drawing, not a simulation: shapes and sizes are those of an adult, shades are chosen so that the picture looks like a
 * processed radiograph. Coordinates are millimetres on a canvas; the patient's right is on the left.
 */
import type { Random } from "../math/random";
import { drawBones } from "./bones";
import { blur, type Canvas, CELL_MM, canvas, cellCenter, fillSpan, interpolate, smoothstep } from "./canvas";
import { CANVAS_MM, CENTER, diaphragm, drawPatient, lungEdge, MIDLINE, type Patient, spineAt } from "./patient";
import { drawVessels } from "./vessels";

/** What lesions and the picture are made from. */
export interface Chest {
  /** 0: air beside the body; about 1: spine. */
  readonly attenuation: Canvas;
  /** 1 inside the lungs where nothing dense covers them, 0 outside. */
  readonly lungs: Canvas;
}

/** Draw the chest of the patient that `random` makes up. */
export function drawChest(random: Random): Chest {
  const patient = drawPatient(random);
  const lungs = drawLungs(patient);
  // Air is deepest in the middle of a lung, so a wide blur of its outline serves as its depth.
  const depth: Canvas = { size: lungs.size, values: lungs.values.slice() };
  blur(depth, 9);
  blur(lungs, 1);

  const attenuation = drawBody(patient);
  const heart = drawHeart(patient);
  const detail = canvas(CANVAS_MM);
  drawVessels(detail, patient, random);
  drawBones(detail, patient, random);
  blur(detail, 1);
  for (let i = 0; i < attenuation.values.length; i++) {
    const air = lungs.values[i] * (0.55 + 0.45 * depth.values[i]) * (1 - 0.82 * heart.values[i]);
    // Bone stands out against air and is nearly lost in front of soft tissue.
    const seen = 0.42 + 0.58 * air;
    attenuation.values[i] += 0.07 * heart.values[i] - 0.53 * patient.bodyShade * air + seen * detail.values[i];
    lungs.values[i] *= 1 - heart.values[i];
  }
  drawAirways(attenuation, patient);
  drawBreasts(attenuation, patient);
  drawStomach(attenuation, patient, random);
  drawClouds(attenuation, random);
  return { attenuation, lungs };
}

/** Shoulders, chest and belly: thicker towards the middle, nothing beside them. */
function drawBody({ halfWidth, bodyShade }: Patient): Canvas {
  const body = canvas(CANVAS_MM);
  for (let row = 0; row < body.size; row++) {
    const y = cellCenter(row) - CENTER;
    // The neck widens into the shoulders 150 mm above the centre.
    const shoulder = 1 / (1 + Math.exp(-(y + 158) / 7));
    const wall = halfWidth + 24 - 10 * Math.exp(-(((y - 60) / 90) ** 2));
    const edge = 58 + (wall + 55 * Math.exp(-(((y + 120) / 46) ** 2)) - 58) * shoulder;
    // Above the collarbones and below the diaphragm there is no air to see through.
    const shade = bodyShade * (0.94 + 0.06 * smoothstep(60, 150, y) - 0.14 * smoothstep(-110, -190, y));
    for (let column = 0; column < body.size; column++) {
      const x = Math.abs(cellCenter(column) - MIDLINE);
      if (x >= edge) continue;
      const thickness = Math.sqrt(1 - (x / edge) ** 2);
      body.values[row * body.size + column] = shade * (0.32 + 0.4 * thickness) * smoothstep(0, 9, edge - x);
    }
  }
  return body;
}

function drawLungs(patient: Patient): Canvas {
  const lungs = canvas(CANVAS_MM);
  for (let row = 0; row < lungs.size; row++) {
    const y = cellCenter(row) - CENTER;
    for (const side of [0, 1] as const) {
      const direction = side === 0 ? -1 : 1;
      const outer = lungEdge(patient, side, y);
      const inner = 19 + 8 * Math.exp(-(((y + 8) / 34) ** 2)) + 9 * Math.exp(-(((y + 140) / 22) ** 2));
      if (outer <= inner) continue;
      const middle = spineAt(patient, y);
      // Slices from the mediastinum outwards, up to where the diaphragm rises above this row.
      for (let x = inner; x < outer; x += CELL_MM) {
        if (y > diaphragm(patient, side, x)) continue;
        const from = middle + direction * x;
        const to = middle + direction * Math.min(x + CELL_MM, outer);
        fillSpan(lungs, row, Math.min(from, to), Math.max(from, to), 1);
      }
    }
  }
  return lungs;
}

/** Heart and great vessels: 1 inside, soft at the edge. */
function drawHeart(patient: Patient): Canvas {
  const heart = canvas(CANVAS_MM);
  const { heartWidth: w, heartHeight: h, domes } = patient;
  const floor = CENTER + domes[1] + 4;
  softEllipse(heart, { x: MIDLINE + 27, y: floor - 46 * h, rx: 62 * w, ry: 44 * h, angle: 0.55, soft: 6 });
  softEllipse(heart, { x: MIDLINE - 8, y: floor - 54 * h, rx: 37 * w, ry: 46 * h, angle: -0.1, soft: 6 });
  softEllipse(heart, { x: MIDLINE + 6, y: floor - 92 * h, rx: 32, ry: 42, angle: 0.15, soft: 8 });
  // Aortic arch and pulmonary trunk.
  softEllipse(heart, { x: MIDLINE + 15, y: CENTER - 60, rx: 19, ry: 21, angle: 0, soft: 5 });
  softEllipse(heart, { x: MIDLINE + 12, y: CENTER - 24, rx: 24, ry: 36, angle: 0.1, soft: 8 });
  return heart;
}

interface SoftEllipse {
  readonly x: number;
  readonly y: number;
  readonly rx: number;
  readonly ry: number;
  readonly angle: number;
  /** Width of its edge, mm. */
  readonly soft: number;
}

/** Raise the canvas to 1 inside an ellipse, less towards its edge; what is higher stays. */
function softEllipse({ size, values }: Canvas, { x, y, rx, ry, angle, soft }: SoftEllipse): void {
  const reach = Math.max(rx, ry) + soft;
  const edge = soft / Math.min(rx, ry);
  const [left, right] = cellsBetween(x - reach, x + reach, size);
  const [top, bottom] = cellsBetween(y - reach, y + reach, size);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const dx = cellCenter(column) - x;
      const dy = cellCenter(row) - y;
      const distance = Math.hypot((dx * cos + dy * sin) / rx, (dy * cos - dx * sin) / ry);
      const value = 1 - smoothstep(1 - edge, 1 + edge, distance);
      if (value > values[row * size + column]) values[row * size + column] = value;
    }
  }
}

/** First and behind the last of the rows or columns that lie between two positions, mm. */
function cellsBetween(from: number, to: number, size: number): readonly [number, number] {
  return [Math.max(0, Math.floor(from / CELL_MM)), Math.min(size, Math.ceil(to / CELL_MM))];
}

/** Windpipe and main bronchi, darker than the mediastinum around them. */
function drawAirways({ size, values }: Canvas, patient: Patient): void {
  const [, end] = cellsBetween(0, CENTER - 8, size);
  for (let row = 0; row < end; row++) {
    const y = cellCenter(row) - CENTER;
    const middle = spineAt(patient, y) + 1;
    // The windpipe forks 44 mm above the centre.
    const apart = Math.max(0, y + 44) * 1.05;
    const fade = apart === 0 ? 1 : Math.max(0, 0.7 - apart / 40);
    for (const x of apart === 0 ? [middle] : [middle - apart, middle + apart]) {
      const [left, right] = cellsBetween(x - 12, x + 12, size);
      for (let column = left; column < right; column++) {
        const wall = smoothstep(apart === 0 ? 10 : 8, apart === 0 ? 5 : 1, Math.abs(cellCenter(column) - x));
        values[row * size + column] -= 0.06 * fade * wall;
      }
    }
  }
}

/** Soft shadows over the lower lungs. */
function drawBreasts({ values }: Canvas, { breasts, halfWidth }: Patient): void {
  if (breasts === 0) return;
  const shadow = canvas(CANVAS_MM);
  for (const direction of [-1, 1]) {
    const x = MIDLINE + direction * halfWidth * 0.58;
    softEllipse(shadow, { x, y: CENTER + 58, rx: 56, ry: 50, angle: direction * 0.3, soft: 18 });
  }
  for (let i = 0; i < values.length; i++) values[i] += 0.075 * breasts * shadow.values[i];
}

/** The air bubble of the stomach, under the left dome. */
function drawStomach({ values }: Canvas, { domes }: Patient, random: Random): void {
  const bubble = canvas(CANVAS_MM);
  const x = MIDLINE + random.uniform(50, 74);
  const ry = random.uniform(9, 18);
  softEllipse(bubble, { x, y: CENTER + domes[1] + 12 + ry, rx: random.uniform(16, 32), ry, angle: 0.1, soft: 5 });
  const strength = random.uniform(0, 0.16);
  for (let i = 0; i < values.length; i++) values[i] -= strength * bubble.values[i];
}

/** Unevenness of tissue: random values on grids from coarse to fine, smoothly joined. */
function drawClouds({ size, values }: Canvas, random: Random): void {
  for (const [cell, strength] of [
    [46 / CELL_MM, 0.022],
    [15 / CELL_MM, 0.011],
  ]) {
    const cells = Math.ceil(size / cell) + 2;
    const grid: Canvas = {
      size: cells,
      values: Float32Array.from({ length: cells * cells }, () => random.uniform(-1, 1)),
    };
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        values[row * size + column] += strength * interpolate(grid, column / cell, row / cell);
      }
    }
  }
}
