/**
 * @file Lesion candidates of a 3D detection map against the lesions of a label volume, as picai_eval matches them.
 *
 * A candidate is a connected component of the map (26 neighbours), its confidence the greatest value in it. Candidates and
 * lesions are assigned to each other so that the sum of their IoU is greatest; pairs below the least overlap do not count.
 */
import { ShapeError } from "../errors";
import { assignMost } from "../math/assignment";
import type { PicaiCase, PicaiLesion } from "./picai";

/** Values of a volume, x fastest. */
export interface Volume {
  readonly shape: readonly [x: number, y: number, z: number];
  readonly data: ArrayLike<number>;
}

export interface PicaiMatchOptions {
  /** Least IoU of a hit. @default 0.1 */
  readonly minOverlap?: number;
  /** A candidate that overlaps a lesion enough, but lost it to another, is no false positive. @default true */
  readonly forgiveOverlap?: boolean;
}

/** A lesion or false positive with the overlap that it was found by. */
export interface PicaiMatch extends PicaiLesion {
  /** IoU; 0 for misses and false positives. */
  readonly overlap: number;
}

export interface MatchedCase extends PicaiCase {
  readonly lesions: readonly PicaiMatch[];
}

/**
 * One case: lesions in the order of the label, then false positives in that of the map.
 *
 * @throws {ShapeError} if map and label differ in shape
 */
export function picaiCase(
  map: Volume,
  label: Volume,
  { minOverlap = 0.1, forgiveOverlap = true }: PicaiMatchOptions = {},
): MatchedCase {
  if (map.shape.join() !== label.shape.join()) {
    throw new ShapeError(`picaiCase: a map of ${map.shape.join(" x ")} for a label of ${label.shape.join(" x ")}`);
  }
  const candidates = components(map);
  const truths = components(label);
  const overlaps = truths.map((truth) =>
    candidates.map((candidate) => {
      const overlap = voxelIou(truth.voxels, candidate.voxels);
      return overlap < minOverlap ? 0 : overlap;
    }),
  );
  const assigned = assignMost(overlaps);
  const spent = new Set<number>();
  const lesions: PicaiMatch[] = truths.map((_, t) => {
    const c = assigned[t];
    if (c === -1 || overlaps[t][c] === 0) return { isLesion: true, confidence: 0, overlap: 0 };
    spent.add(c);
    return { isLesion: true, confidence: candidates[c].greatest, overlap: overlaps[t][c] };
  });
  candidates.forEach(({ greatest }, c) => {
    if (spent.has(c) || (forgiveOverlap && overlaps.some((row) => row[c] > 0))) return;
    lesions.push({ isLesion: false, confidence: greatest, overlap: 0 });
  });
  const score = candidates.reduce((most, { greatest }) => Math.max(most, greatest), 0);
  return { lesions, score, positive: truths.length > 0 };
}

interface Component {
  readonly voxels: ReadonlySet<number>;
  readonly greatest: number;
}

/** Parts of a volume that are not 0, in the order of their first voxels. */
function components({ shape: [width, height, depth], data }: Volume): Component[] {
  const seen = new Uint8Array(data.length);
  const found: Component[] = [];
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const start = x + width * (y + height * z);
        if (data[start] && !seen[start]) found.push(flood(start));
      }
    }
  }
  return found;

  function flood(start: number): Component {
    const voxels = new Set<number>();
    const open = [start];
    seen[start] = 1;
    let greatest = 0;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      voxels.add(at);
      greatest = Math.max(greatest, data[at]);
      for (const next of neighbours(at)) {
        if (!data[next] || seen[next]) continue;
        seen[next] = 1;
        open.push(next);
      }
    }
    return { voxels, greatest };
  }

  function neighbours(at: number): number[] {
    const [x, y, z] = [at % width, Math.floor(at / width) % height, Math.floor(at / (width * height))];
    const near: number[] = [];
    for (let k = Math.max(0, z - 1); k <= Math.min(depth - 1, z + 1); k++) {
      for (let j = Math.max(0, y - 1); j <= Math.min(height - 1, y + 1); j++) {
        for (let i = Math.max(0, x - 1); i <= Math.min(width - 1, x + 1); i++) near.push(i + width * (j + height * k));
      }
    }
    return near;
  }
}

function voxelIou(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let both = 0;
  for (const voxel of a) if (b.has(voxel)) both++;
  return both / (a.size + b.size - both);
}
