/**
 * @file Several readers' marks as one set of lesions: who saw each, its box, its class, and how far they agree.
 *
 * A lesion counts if a majority of those who read the case saw it. What a minority saw is told apart, so that nobody
 * takes it for healthy tissue: an ignored region, a label that counts less, or nothing.
 */
import { ArgumentError } from "../errors";
import type { Box } from "../finding";
import { fuseBoxes, voteClass } from "./fuse";
import { type GroupOptions, groupSightings } from "./groups";
import type { Readings, Sighting } from "./readings";
import { type SightingOptions, sightingsOf } from "./sightings";

export interface ConsensusOptions extends GroupOptions, SightingOptions {
  /** Readers who must have seen a lesion. @default more than half of those who read the case */
  readonly minReaders?: number;
}

/** A lesion in one image. */
export interface LesionBox {
  /** Index into the readings' images. */
  readonly image: number;
  readonly box: Box;
  /** Readers who marked it in this image. */
  readonly experts: number;
  readonly spreadPx: number;
  readonly meanIou: number;
  /** Whether at least half of the lesion's readers marked it here: the ends of a lesion in a volume are disputed. */
  readonly sure: boolean;
}

/** A lesion as one or more readers saw it. */
export interface Lesion {
  readonly case: number;
  /** Indices into the sightings, rising. */
  readonly sightings: readonly number[];
  /** Who saw it, rising. */
  readonly readers: readonly number[];
  /** Who read the images that it lies in, whether they saw it or not, rising. */
  readonly readBy: readonly number[];
  /** Share of those who read it that saw it, in (0, 1]. */
  readonly agreement: number;
  readonly classId: number;
  /** Share of the weight that voted for its class. */
  readonly classShare: number;
  /** Whether enough readers saw it. */
  readonly accepted: boolean;
  /** One in an image; in a volume one for each slice. */
  readonly boxes: readonly LesionBox[];
}

export interface Consensus {
  readonly sightings: readonly Sighting[];
  readonly lesions: readonly Lesion[];
}

/**
 * Lesions of all cases, in the order of their first sightings.
 *
 * @throws {ArgumentError} if an option lies outside
 */
export function consensusOf(readings: Readings, options: ConsensusOptions = {}): Consensus {
  const { reliability, minReaders } = options;
  checkReliability(readings, reliability);
  if (minReaders !== undefined && !(Number.isInteger(minReaders) && minReaders >= 1)) {
    throw new ArgumentError(`minReaders is ${minReaders}, wanted a whole number of at least 1`);
  }
  if (minReaders !== undefined && minReaders > readings.readers.length) {
    throw new ArgumentError(`minReaders is ${minReaders}, but there are ${readings.readers.length} readers`);
  }
  const sightings = sightingsOf(readings, options);
  const lesions = lesionsOf(readings, sightings, groupSightings(readings, sightings, options), options);
  return { sightings, lesions };
}

/** Lesions of groups that are known. */
export function lesionsOf(
  readings: Readings,
  sightings: readonly Sighting[],
  groups: readonly (readonly number[])[],
  { reliability, minReaders }: ConsensusOptions = {},
): Lesion[] {
  return groups.map((group) => {
    const members = group.map((i) => sightings[i]);
    const readers = rising(members.map(({ reader }) => reader));
    const images = rising(members.flatMap(({ boxes }) => [...boxes.keys()]));
    const readBy = rising(images.flatMap((image) => readings.images[image].readBy));
    const weights = members.map(({ reader, score }) => weightOf(score, reliability?.[reader]));
    const { classId, share: classShare } = voteClass(
      members.map((member) => member.classId),
      weights,
    );
    return {
      case: members[0].case,
      sightings: group,
      ...{ readers, readBy, classId, classShare },
      agreement: readers.length / readBy.length,
      accepted: readers.length >= (minReaders ?? majority(readBy.length)),
      boxes: images.map((image) => lesionBox(image, members, weights, readers.length)),
    };
  });
}

/** More than half of `n`. */
export function majority(n: number): number {
  return Math.floor(n / 2) + 1;
}

function lesionBox(image: number, members: readonly Sighting[], weights: readonly number[], all: number): LesionBox {
  const here = members.flatMap(({ boxes, reader }, i) => {
    const box = boxes.get(image);
    return box ? [{ box, reader, weight: weights[i] }] : [];
  });
  const experts = new Set(here.map(({ reader }) => reader)).size;
  const fused = fuseBoxes(
    here.map(({ box }) => box),
    here.map(({ weight }) => weight),
  );
  return { image, experts, sure: 2 * experts >= all, ...fused };
}

/** A confidence of 0 says little, but a mark is a mark: it must not divide by zero. */
function weightOf(score: number, reliability = 1): number {
  return Math.max(score, 1e-6) * reliability;
}

function rising(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

function checkReliability({ readers }: Readings, reliability: readonly number[] | undefined): void {
  if (reliability === undefined) return;
  if (reliability.length !== readers.length) {
    throw new ArgumentError(`${reliability.length} reliabilities for ${readers.length} readers`);
  }
  const bad = reliability.findIndex((value) => !(value > 0 && Number.isFinite(value)));
  if (bad >= 0) throw new ArgumentError(`reliability of ${readers[bad]} is ${reliability[bad]}, wanted more than 0`);
}
