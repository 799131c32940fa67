/**
 * @file Transforms that are not affine: steps from one picture of the training image's size to the next.
 *
 * Pixels go backwards through the steps, a line of output positions at a time, and are sampled once at the end; outlines go
 * forwards.
 */
import type { Affine } from "../../geometry/affine";
import type { Polygon } from "../../geometry/polygon";
import {
  composeProjective,
  invertProjective,
  type Projective,
  projective,
  projectOutline,
} from "../../geometry/projective";
import { type Displacement, displace, displacePoints } from "./displacement";

export type WarpStep =
  | { readonly kind: "projective"; readonly outputFromInput: Projective; readonly inputFromOutput: Projective }
  | { readonly kind: "elastic"; readonly field: Displacement };

export function projectiveStep(outputFromInput: Projective): WarpStep {
  return { kind: "projective", outputFromInput, inputFromOutput: invertProjective(outputFromInput) };
}

/** `steps` and one more, neighbours that are both projective joined. */
export function withStep(steps: readonly WarpStep[], step: WarpStep): readonly WarpStep[] {
  const last = steps.at(-1);
  if (last?.kind !== "projective" || step.kind !== "projective") return [...steps, step];
  return [...steps.slice(0, -1), projectiveStep(composeProjective(step.outputFromInput, last.outputFromInput))];
}

/** `steps` that begin with the affine map `first`, joined to them where that is possible. */
export function withAffineFirst(first: Affine, steps: readonly WarpStep[]): readonly WarpStep[] {
  return steps.reduce(withStep, [projectiveStep(projective(first))] as readonly WarpStep[]);
}

/** Output positions `xs`, `ys` to the positions before all steps, in place; NaN beyond the horizon. */
export function unwarpLine(steps: readonly WarpStep[], xs: Float64Array, ys: Float64Array): void {
  for (let k = steps.length - 1; k >= 0; k--) {
    const step = steps[k];
    if (step.kind === "elastic") displace(step.field, xs, ys);
    else unproject(step.inputFromOutput, xs, ys);
  }
}

function unproject([a, b, c, d, e, f, g, h, i]: Projective, xs: Float64Array, ys: Float64Array): void {
  if (g === 0 && h === 0 && i === 1) {
    for (let k = 0; k < xs.length; k++) {
      const x = xs[k];
      const y = ys[k];
      xs[k] = a * x + b * y + c;
      ys[k] = d * x + e * y + f;
    }
    return;
  }
  for (let k = 0; k < xs.length; k++) {
    const x = xs[k];
    const y = ys[k];
    const w = g * x + h * y + i;
    const scale = w > 0 ? 1 / w : Number.NaN;
    xs[k] = (a * x + b * y + c) * scale;
    ys[k] = (d * x + e * y + f) * scale;
  }
}

/** Longest straight piece of an outline that is bent, pixels. */
const PIECE = 4;

/** An outline after all steps. Where they bend lines, it gains points. */
export function warpOutline(steps: readonly WarpStep[], outline: Polygon): Polygon {
  return steps.reduce<Polygon>((points, step) => {
    if (points.length === 0) return points;
    return step.kind === "elastic"
      ? displacePoints(step.field, inPieces(points))
      : projectOutline(step.outputFromInput, points);
  }, outline);
}

/** The same outline with a point at least every `PIECE` pixels; a side far longer than any image gets a thousand. */
function inPieces(points: Polygon): Polygon {
  const out: number[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const j = (i + 2) % points.length;
    const [dx, dy] = [points[j] - points[i], points[j + 1] - points[i + 1]];
    const pieces = Math.min(Math.max(1, Math.ceil(Math.hypot(dx, dy) / PIECE)), 1000);
    for (let k = 0; k < pieces; k++) out.push(points[i] + (dx * k) / pieces, points[i + 1] + (dy * k) / pieces);
  }
  return Float32Array.from(out);
}
