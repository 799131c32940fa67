/**
 * @file Slices of series put into order by where they lie in the patient, and what is odd about them.
 *
 * Slices are sorted by the projection of ImagePositionPatient on the normal of ImageOrientationPatient (PS3.3 C.7.6.2.1.1);
 * file names, InstanceNumber and SliceLocation may be in any order. SliceThickness is nominal and slices may overlap: the
 * distance of slices comes from their positions.
 */
import { quantile } from "../math/stats";
import { along, cross, dot, type Vector } from "./slice-geometry";

/** What must be known of a frame to put it into a volume. */
export interface Slice {
  /** Names it in reports: file, and frame where there are several. */
  readonly name: string;
  /** Frames of one file are no volume where they have no position: a film. @default the name */
  readonly file?: string;
  readonly seriesInstanceUid: string;
  readonly frameOfReferenceUid?: string;
  readonly rows: number;
  readonly columns: number;
  readonly positionMm?: Vector;
  readonly rowDirection?: Vector;
  readonly columnDirection?: Vector;
  /** Between the centres of rows and of columns, mm. */
  readonly spacingMm?: { readonly row: number; readonly column: number };
  readonly instanceNumber?: number;
}

export type SeriesProblemKind =
  | "missing_position"
  | "mixed"
  | "duplicate_position"
  | "gap"
  | "uneven_spacing"
  | "tilted"
  | "not_in_line"
  | "several_frames_of_reference";

export interface SeriesProblem {
  readonly kind: SeriesProblemKind;
  readonly message: string;
}

/** Slices of one size, spacing and orientation, in order along their normal. */
export interface Volume<S extends Slice = Slice> {
  readonly seriesInstanceUid: string;
  /** From 1; a series that mixes several kinds of slices has several. */
  readonly stack: number;
  readonly slices: readonly S[];
  /** Slices at a position that an earlier InstanceNumber holds already: other phases or echoes, or the same file twice. */
  readonly duplicates: readonly S[];
  /** Median distance along the normal, mm; undefined of one slice. */
  readonly sliceDistanceMm?: number;
  /**
   * Rows of the 4 x 4 matrix that takes (column, row, slice, 1), counted from 0 at the centres, to patient mm. Sheared
   * where the gantry was tilted. Undefined of slices without positions or spacing.
   */
  readonly patientFromIndex?: readonly (readonly number[])[];
  readonly problems: readonly SeriesProblem[];
}

/** Positions nearer than this are the same, mm. */
const SAME_MM = 1e-2;

/** Distances may differ by this share of the median before they count as uneven; by half they are a gap. */
const UNEVEN = 0.02;
const GAP = 1.5;

/** Degrees between the way that slices follow one another and their normal. */
const TILT_DEGREES = 0.5;

/** Sorted volumes of all series among `slices`, in order of first appearance; those without position stay in file order. */
export function sortVolumes<S extends Slice>(slices: readonly S[]): Volume<S>[] {
  const series = groupedBy(slices, ({ seriesInstanceUid }) => seriesInstanceUid);
  return [...series].flatMap(([uid, members]) => {
    const stacks = [...groupedBy(members, kindOf).values()];
    const mixed = stacks.length > 1 ? [mixedProblem(stacks)] : [];
    return stacks.map((stack, i) => volumeOf(uid, i + 1, stack, i === 0 ? mixed : []));
  });
}

/** Slices alike in these can stand in one volume. Directions to two digits: files of one series differ in the fifth. */
function kindOf({ rows, columns, spacingMm, rowDirection, columnDirection, positionMm }: Slice): string {
  const round = (x: number) => x.toFixed(2).replace(/^-0\.00$/, "0.00");
  const directions = [...(rowDirection ?? []), ...(columnDirection ?? [])].map(round);
  const spacing = spacingMm ? [spacingMm.row.toFixed(3), spacingMm.column.toFixed(3)] : [];
  return [rows, columns, positionMm === undefined, ...spacing, "/", ...directions].join(" ");
}

function mixedProblem(stacks: readonly (readonly Slice[])[]): SeriesProblem {
  const parts = stacks.map(([{ rows, columns, spacingMm, rowDirection, columnDirection }, ...rest]) => {
    const spacing = spacingMm ? `, ${spacingMm.column} x ${spacingMm.row} mm` : "";
    const plane = rowDirection && columnDirection ? `, ${planeName(cross(rowDirection, columnDirection))}` : "";
    return `${rest.length + 1} of ${columns} x ${rows} px${spacing}${plane}`;
  });
  return { kind: "mixed", message: `the series mixes slices that form no one volume: ${parts.join("; ")}` };
}

/** `axial`, `coronal` or `sagittal`, or `oblique` beyond 20 degrees from each. */
export function planeName(normal: Vector): "axial" | "coronal" | "sagittal" | "oblique" {
  const names = ["sagittal", "coronal", "axial"] as const;
  const nearest = normal.findIndex((x) => Math.abs(x) > Math.cos((20 * Math.PI) / 180));
  return nearest < 0 ? "oblique" : names[nearest];
}

function volumeOf<S extends Slice>(
  seriesInstanceUid: string,
  stack: number,
  members: readonly S[],
  mixed: readonly SeriesProblem[],
): Volume<S> {
  const problems = [...mixed];
  const plain = { seriesInstanceUid, stack, problems };
  const { rowDirection, columnDirection } = members[0];
  if (members.some(({ positionMm }) => positionMm === undefined) || !rowDirection || !columnDirection) {
    if (new Set(members.map(({ file, name }) => file ?? name)).size > 1) {
      const message = `${members.length} slices without ImagePositionPatient or ImageOrientationPatient; they stay in the order of their files`;
      problems.push({ kind: "missing_position", message });
    }
    return { ...plain, slices: members, duplicates: [] };
  }
  const frames = new Set(members.map(({ frameOfReferenceUid }) => frameOfReferenceUid));
  if (frames.size > 1) {
    const message = `${frames.size} frames of reference: positions of the slices cannot be compared`;
    problems.push({ kind: "several_frames_of_reference", message });
  }
  const normal = cross(rowDirection, columnDirection);
  const { slices, duplicates, depths } = ordered(members, normal);
  if (duplicates.length > 0) {
    const what =
      duplicates.length === 1 ? "a slice at a position that is" : `${duplicates.length} slices at positions that are`;
    const message = `${what} taken, first ${duplicates[0].name}; the lowest InstanceNumber is kept`;
    problems.push({ kind: "duplicate_position", message });
  }
  const distances = depths.slice(1).map((depth, i) => depth - depths[i]);
  const sliceDistanceMm = distances.length > 0 ? quantile(distances, 0.5) : undefined;
  if (sliceDistanceMm !== undefined) problems.push(...spacingProblems(slices, distances, sliceDistanceMm));
  const step = stepOf(slices, normal, problems);
  const patientFromIndex = affineOf(slices[0], step);
  return { ...plain, slices, duplicates, sliceDistanceMm, ...(patientFromIndex && { patientFromIndex }) };
}

/** By depth along the normal; of slices at one place the one of the lowest InstanceNumber stays. */
function ordered<S extends Slice>(members: readonly S[], normal: Vector) {
  const number = ({ instanceNumber }: S) => instanceNumber ?? Number.POSITIVE_INFINITY;
  const placed = members
    .map((slice, i) => ({ slice, i, depth: dot(slice.positionMm ?? [0, 0, 0], normal) }))
    .sort((a, b) => a.depth - b.depth || number(a.slice) - number(b.slice) || a.i - b.i);
  const slices: S[] = [];
  const duplicates: S[] = [];
  const depths: number[] = [];
  for (const { slice, depth } of placed) {
    const taken = slices.length > 0 && depth - depths[depths.length - 1] < SAME_MM;
    if (!taken) {
      slices.push(slice);
      depths.push(depth);
    } else if (number(slice) < number(slices[slices.length - 1])) {
      // Depths that differ by less than counts were not in order of their numbers.
      duplicates.push(slices[slices.length - 1]);
      slices[slices.length - 1] = slice;
    } else duplicates.push(slice);
  }
  return { slices, duplicates, depths };
}

function spacingProblems(slices: readonly Slice[], distances: readonly number[], median: number): SeriesProblem[] {
  const problems: SeriesProblem[] = [];
  const gaps = [...distances.keys()].filter((i) => distances[i] > GAP * median);
  if (gaps.length > 0) {
    const missing = gaps.reduce((sum, i) => sum + Math.round(distances[i] / median) - 1, 0);
    const [first] = gaps;
    const where = `between ${slices[first].name} and ${slices[first + 1].name} (${millimetres(distances[first])})`;
    const message = `${gaps.length === 1 ? "a gap" : `${gaps.length} gaps, the first`} ${where}; slices missing at ${millimetres(median)}: about ${missing}`;
    problems.push({ kind: "gap", message });
  }
  const others = distances.filter((distance) => distance <= GAP * median);
  const [least, greatest] = [Math.min(...others), Math.max(...others)];
  if (greatest - least > Math.max(UNEVEN * median, SAME_MM)) {
    const message = `distances of slices vary from ${millimetres(least)} to ${millimetres(greatest)}`;
    problems.push({ kind: "uneven_spacing", message });
  }
  return problems;
}

/** Way from one slice to the next, mm: from the first to the last, in equal parts. */
function stepOf(slices: readonly Slice[], normal: Vector, problems: SeriesProblem[]): Vector {
  const first = slices[0].positionMm ?? [0, 0, 0];
  const last = slices[slices.length - 1].positionMm ?? first;
  if (slices.length === 1) return normal;
  const way = along(last, first, -1);
  const depth = dot(way, normal);
  const sideways = along(way, normal, -depth);
  const degrees = (Math.atan2(Math.sqrt(dot(sideways, sideways)), depth) * 180) / Math.PI;
  if (degrees > TILT_DEGREES) {
    const message = `tilted gantry: slices follow one another at ${degrees.toFixed(1)} degrees to their normal; the volume is sheared`;
    problems.push({ kind: "tilted", message });
  }
  const furthest = Math.max(
    ...slices.map(({ positionMm = first }) => {
      const here = along(positionMm, first, -1);
      const share = dot(here, normal) / depth;
      const off = along(here, way, -share);
      return Math.sqrt(dot(off, off));
    }),
  );
  if (furthest > Math.max(0.5 * (slices[0].spacingMm?.column ?? 1), SAME_MM)) {
    const message = `slices lie up to ${millimetres(furthest)} beside the line from first to last`;
    problems.push({ kind: "not_in_line", message });
  }
  return [way[0] / (slices.length - 1), way[1] / (slices.length - 1), way[2] / (slices.length - 1)];
}

function affineOf(first: Slice, step: Vector): number[][] | undefined {
  const { positionMm, rowDirection, columnDirection, spacingMm } = first;
  if (!positionMm || !rowDirection || !columnDirection || !spacingMm) return undefined;
  const rows = [0, 1, 2].map((axis) => [
    rowDirection[axis] * spacingMm.column,
    columnDirection[axis] * spacingMm.row,
    step[axis],
    positionMm[axis],
  ]);
  return [...rows, [0, 0, 0, 1]];
}

function millimetres(x: number): string {
  return `${Number(x.toFixed(3))} mm`;
}

function groupedBy<T>(members: readonly T[], key: (member: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const member of members) {
    const name = key(member);
    const group = groups.get(name);
    if (group) group.push(member);
    else groups.set(name, [member]);
  }
  return groups;
}
