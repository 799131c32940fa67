/**
 * @file Lesions of a phantom: what they look like and where their borders are.
 *
 * A lesion is a shape of opacity in [0, 1] times its contrast, in millimetres around its centre.
 */
import type { Random } from "../math/random";
import { smoothstep } from "./canvas";

/** Class names, by class id. */
export const LESION_CLASSES = ["nodule", "mass", "calcification"] as const;

export type LesionClass = (typeof LESION_CLASSES)[number];

/** A lesion before it has a place. */
export interface LesionShape {
  readonly className: LesionClass;
  /** The largest distance of its border from its centre, mm. */
  readonly reachMm: number;
  /** Attenuation at opacity 1. */
  readonly contrast: number;
  /** Opacity in [0, 1] at (x, y) mm from the centre; 0 beyond `reachMm`. */
  readonly opacity: (x: number, y: number) => number;
}

/** Make up a lesion of a class. */
export function lesionShape(className: LesionClass, random: Random): LesionShape {
  return SHAPES[className](random);
}

const SHAPES: Readonly<Record<LesionClass, (random: Random) => LesionShape>> = {
  nodule: noduleShape,
  mass: massShape,
  calcification: calcificationShape,
};

/** Round, smooth and soft: 16 to 30 mm across. */
function noduleShape(random: Random): LesionShape {
  const radius = random.uniform(10, 16);
  const flat = random.uniform(0.84, 1);
  const angle = random.uniform(0, Math.PI);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return {
    className: "nodule",
    reachMm: radius,
    contrast: random.uniform(0.17, 0.24),
    opacity: (x, y) => {
      const distance = Math.hypot(x * cos + y * sin, (y * cos - x * sin) / flat) / radius;
      return 1 - smoothstep(0.62, 1, distance);
    },
  };
}

/** Where a mass has faded out, against its border. */
const SOFT_EDGE = 1.06;

/** Large, with lobes and sometimes spicules: 34 to 60 mm across. */
function massShape(random: Random): LesionShape {
  const radius = random.uniform(17, 25);
  const waves = [2, 3, 4, 5, 7, 9].map((count) => ({
    count,
    height: random.uniform(0.1, 0.34) / count,
    phase: random.uniform(0, 2 * Math.PI),
  }));
  const spicules = random.chance(0.5) ? random.integer(9, 15) : 0;
  const turn = random.uniform(0, 2 * Math.PI);
  const length = spicules > 0 ? random.uniform(1.25, 1.4) : 1;
  const core = { x: random.uniform(-0.3, 0.3) * radius, y: random.uniform(-0.3, 0.3) * radius };
  const border = (angle: number) => {
    let distance = radius;
    for (const { count, height, phase } of waves) distance += radius * height * Math.cos(count * angle + phase);
    return distance;
  };
  let farthest = 0;
  for (let i = 0; i < 180; i++) farthest = Math.max(farthest, border((i * Math.PI) / 90));
  return {
    className: "mass",
    reachMm: 1.01 * farthest * Math.max(length, SOFT_EDGE),
    contrast: random.uniform(0.2, 0.28),
    opacity: (x, y) => {
      const angle = Math.atan2(y, x);
      const distance = Math.hypot(x, y) / border(angle);
      const body = (1 - smoothstep(0.8, SOFT_EDGE, distance)) * denser(x, y, core, radius);
      if (spicules === 0 || distance > length) return body;
      // Spicules thin out and fade from the border outwards.
      const across = Math.abs(Math.sin((spicules * (angle - turn) + Math.sin(3 * angle)) / 2));
      const out = (distance - 0.8) / (length - 0.8);
      return Math.max(body, 0.6 * (1 - smoothstep(0.04, 0.5, across)) * (1 - Math.max(0, out)));
    },
  };
}

/** A mass is thicker on one side. */
function denser(x: number, y: number, core: { x: number; y: number }, radius: number): number {
  return 0.78 + 0.22 * Math.exp(-((x - core.x) ** 2 + (y - core.y) ** 2) / (0.7 * radius) ** 2);
}

/** Very bright grains with sharp edges: 18 to 34 mm across, here scattered, there grown together. */
function calcificationShape(random: Random): LesionShape {
  const halfWidth = random.uniform(11, 15.5);
  const halfHeight = halfWidth * random.uniform(0.75, 1.15);
  // Below 1 the grains crowd in the middle.
  const spread = random.uniform(0.5, 0.9);
  const grains = Array.from({ length: random.integer(12, 22) }, (_, i) => {
    // The first four lie near the border on all sides, so that no cluster comes out tiny.
    const angle = i < 4 ? (i * Math.PI) / 2 + random.uniform(-0.4, 0.4) : random.uniform(0, 2 * Math.PI);
    const distance = i < 4 ? random.uniform(0.85, 1) : random.uniform(0, 1) ** spread;
    return {
      x: halfWidth * distance * Math.cos(angle),
      y: halfHeight * distance * Math.sin(angle),
      radius: random.uniform(1.1, 2.9),
      flat: random.uniform(0.6, 1.5),
      density: random.uniform(0.7, 1),
    };
  });
  return {
    className: "calcification",
    reachMm: Math.max(halfWidth, halfHeight) + 4.8,
    contrast: random.uniform(0.46, 0.58),
    opacity: (x, y) => {
      let most = 0;
      for (const { x: gx, y: gy, radius, flat, density } of grains) {
        const distance = Math.hypot((x - gx) * flat, (y - gy) / flat) / radius;
        if (distance < 1.1) most = Math.max(most, density * (1 - smoothstep(0.7, 1.1, distance)));
      }
      return most;
    },
  };
}
