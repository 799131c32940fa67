/**
 * @file How far readers agree: in pairs, each against the others, in classes, by size, and what each finds and misses.
 *
 * All intervals come from the same draws of patients. Where reader k is not the same person from case to case
 * (`interchangeable`), only figures over all readers are made.
 */
import { ArgumentError } from "../errors";
import type { BootstrapOptions, Interval } from "../math/stats";
import { cpm, froc, LUNA16_POINTS, sensitivityAt } from "../metrics/froc";
import { frocIntervals } from "../metrics/froc-intervals";
import { krippendorffAlpha } from "../metrics/rater-agreement";
import { type ClassAgreement, classAgreement } from "./class-agreement";
import type { Consensus, ConsensusOptions } from "./consensus";
import { type Estimate, estimates, type Measure, patientsOf } from "./estimates";
import { overlapWanted } from "./groups";
import { leaveOneOut, pooledRecord, type ReaderRecord, recordMeasures } from "./leave-one-out";
import { sizeBins } from "./lesion-sizes";
import { type Pair, pairF1, pairsOf, pooledPair } from "./pairs";
import { caseDecisions, type Decisions, lesionDecisions, rateMeasures } from "./rates";
import type { Readings } from "./readings";

export interface AgreementOptions extends ConsensusOptions, BootstrapOptions {
  /** Reader k is not the same person everywhere. @default false */
  readonly interchangeable?: boolean;
}

export interface PairAgreement {
  readonly a: string;
  readonly b: string;
  readonly cases: number;
  readonly matched: number;
  readonly f1: Estimate;
  /** Mean IoU of matched sightings. */
  readonly iou: Estimate;
}

/** FROC of readers who gave confidences. */
export interface ReaderFroc {
  readonly fpPerCase: readonly number[];
  readonly sensitivity: readonly number[];
  /** At LUNA16's false positives per case. */
  readonly points: readonly { readonly fpPerCase: number; readonly sensitivity: number; readonly interval: Interval }[];
  readonly cpm: number;
}

export interface AgainstOthers {
  /** All readers together where it is absent. */
  readonly reader?: string;
  readonly lesions: number;
  readonly found: number;
  readonly falsePositives: number;
  readonly sensitivity: Estimate;
  readonly precision: Estimate;
  readonly f1: Estimate;
  readonly fpPerCase: Estimate;
  readonly froc?: ReaderFroc;
}

export interface RatesOf {
  /** All readers together where it is absent. */
  readonly reader?: string;
  readonly sensitivity: Estimate;
  readonly specificity: Estimate;
}

export interface Rates {
  readonly units: number;
  readonly readers: readonly RatesOf[];
  readonly prevalence: Estimate;
}

export interface SizeAgreement {
  readonly low: number;
  readonly high: number;
  readonly lesions: number;
  readonly byAll: number;
  readonly byOne: number;
  readonly agreement: Estimate;
  readonly iou: Estimate;
}

export interface Agreement {
  readonly readers: readonly string[];
  readonly interchangeable: boolean;
  readonly images: number;
  readonly cases: number;
  readonly patients: number;
  readonly sightings: number;
  readonly lesions: number;
  readonly accepted: number;
  /** Lesions by how many saw them, from 1 on. */
  readonly byReaders: readonly number[];
  /** Cases, and marks, of each reader; empty where they are interchangeable. */
  readonly perReader: readonly { readonly reader: string; readonly cases: number; readonly sightings: number }[];
  /** Empty where readers are interchangeable. */
  readonly pairs: readonly PairAgreement[];
  readonly allPairs: Omit<PairAgreement, "a" | "b">;
  /** One for each reader, then all together; the last one only where they are interchangeable. */
  readonly others: readonly AgainstOthers[];
  readonly sizes: readonly SizeAgreement[];
  readonly classes?: {
    readonly rated: number;
    readonly alpha: Estimate;
    readonly ratedByAll: number;
    readonly kappa?: Estimate;
    readonly pairs: readonly (readonly number[])[];
  };
  /** Krippendorff's alpha of whether a case shows anything. */
  readonly presence: Estimate;
  /** Absent with fewer than four readers. */
  readonly lesionRates?: Rates;
  /** Absent with fewer than three readers, or where no case was left empty by all who read it. */
  readonly caseRates?: Rates;
}

/** Takes measures together, so that all are made of the same draws, and gives their estimates out again in order. */
class Questions {
  readonly #measures: Measure[] = [];

  /** @returns the index of the first of `measures` */
  ask(...measures: readonly Measure[]): number {
    this.#measures.push(...measures);
    return this.#measures.length - measures.length;
  }

  answer(patients: number, options: BootstrapOptions): Estimate[] {
    return estimates(patients, this.#measures, options);
  }
}

/**
 * @throws {ArgumentError} if readers are interchangeable and a reliability of each is given
 */
export function agreementOf(readings: Readings, consensus: Consensus, options: AgreementOptions = {}): Agreement {
  const { interchangeable = false, reliability } = options;
  if (interchangeable && reliability) {
    throw new ArgumentError("readers who are not the same persons everywhere have no reliability; leave it out");
  }
  const { sightings, lesions } = consensus;
  const { patientOf, patients } = patientsOf(readings);
  const questions = new Questions();

  const pairs = pairsOf(readings, sightings, overlapWanted(readings, options));
  const askPair = (pair: Pair) => ({ pair, at: questions.ask(pairF1(pair), meanPairIou(pair)) });
  const allPairs = askPair(pooledPair(pairs, patients));
  const shownPairs = interchangeable ? [] : pairs.map(askPair);

  const records = leaveOneOut(readings, sightings, options);
  const shownRecords = [...(interchangeable ? [] : records), pooledRecord(records, patients)].map((record) => ({
    record,
    at: questions.ask(...recordMeasures(record)),
  }));

  const bins = sizeBins(readings, lesions).map((bin) => ({ bin, at: questions.ask(bin.agreement, bin.iou) }));
  const classes = classAgreement(readings, consensus);
  const classesAt = classes && questions.ask(classes.alpha, ...(classes.kappa ? [classes.kappa] : []));
  const present = caseDecisions(readings, sightings);
  const presenceAt = questions.ask((weights) =>
    krippendorffAlpha(
      present.values,
      present.readers,
      Array.from(patientOf, (p) => weights[p]),
    ),
  );
  const askRates = (decisions: Decisions, seenOnly: boolean) => ({
    decisions,
    at: questions.ask(...rateMeasures(decisions, { pooled: interchangeable, seenOnly })),
  });
  const count = readings.readers.length;
  const lesionsAsked = count < 4 ? undefined : askRates(lesionDecisions(readings, lesions), true);
  const casesAsked = count < 3 || !hasEmptyCase(readings, present) ? undefined : askRates(present, false);

  const found = questions.answer(patients, options);
  const rates = (asked: typeof casesAsked) =>
    asked && ratesAt(readings, asked.decisions, found, asked.at, interchangeable);
  return {
    readers: readings.readers,
    interchangeable,
    ...{ images: readings.images.length, cases: readings.cases.length, patients },
    ...{ sightings: sightings.length, lesions: lesions.length },
    accepted: lesions.filter(({ accepted }) => accepted).length,
    byReaders: readings.readers.map((_, k) => lesions.filter((lesion) => lesion.readers.length === k + 1).length),
    perReader: interchangeable ? [] : perReader(readings, consensus),
    pairs: shownPairs.map(({ pair, at }) => ({
      ...{ a: readings.readers[pair.a], b: readings.readers[pair.b] },
      ...pairAt(pair, found, at),
    })),
    allPairs: pairAt(allPairs.pair, found, allPairs.at),
    others: shownRecords.map(({ record, at }) => againstOthers(readings, record, found, at, options)),
    sizes: bins.map(({ bin: { low, high, lesions: count, byAll, byOne }, at }) => ({
      ...{ low, high, lesions: count, byAll, byOne },
      ...{ agreement: found[at], iou: found[at + 1] },
    })),
    ...(classes && classesAt !== undefined && { classes: classesOf(classes, found, classesAt) }),
    presence: found[presenceAt],
    lesionRates: rates(lesionsAsked),
    caseRates: rates(casesAsked),
  };
}

/** Without a case that nobody marked anything in, nothing is known of true negatives. */
function hasEmptyCase({ cases }: Readings, { values, readers }: Decisions): boolean {
  return cases.some((_, u) => values.subarray(u * readers, (u + 1) * readers).every((value) => value !== 1));
}

function meanPairIou({ iou, matched }: Pair): Measure {
  return (weights) => iou.weighted(weights) / matched.weighted(weights);
}

function pairAt({ cases, matched }: Pair, found: readonly Estimate[], at: number): Omit<PairAgreement, "a" | "b"> {
  return { cases, matched: matched.total, f1: found[at], iou: found[at + 1] };
}

function perReader({ readers, cases }: Readings, { sightings }: Consensus): Agreement["perReader"] {
  return readers.map((name, reader) => ({
    reader: name,
    cases: cases.filter(({ readBy }) => readBy.includes(reader)).length,
    sightings: sightings.filter((one) => one.reader === reader).length,
  }));
}

function againstOthers(
  { readers, scored }: Readings,
  record: ReaderRecord,
  found: readonly Estimate[],
  at: number,
  options: BootstrapOptions,
): AgainstOthers {
  return {
    ...(record.reader >= 0 && { reader: readers[record.reader] }),
    ...{ lesions: record.lesions.total, found: record.found.total, falsePositives: record.falsePositives.total },
    ...{ sensitivity: found[at], precision: found[at + 1], f1: found[at + 2], fpPerCase: found[at + 3] },
    ...(scored && record.froc.lesionCount > 0 && { froc: readerFroc(record, options) }),
  };
}

function readerFroc({ froc: scans }: ReaderRecord, options: BootstrapOptions): ReaderFroc {
  const curve = froc(scans);
  const [intervals] = frocIntervals([{ curve: scans, points: LUNA16_POINTS }], options);
  return {
    fpPerCase: [...curve.fpPerScan],
    sensitivity: [...curve.sensitivity],
    points: LUNA16_POINTS.map((fpPerCase, i) => ({
      fpPerCase,
      sensitivity: sensitivityAt(curve, fpPerCase),
      interval: intervals[i],
    })),
    cpm: cpm(curve),
  };
}

function classesOf({ rated, ratedByAll, kappa, pairs }: ClassAgreement, found: readonly Estimate[], at: number) {
  return { rated, alpha: found[at], ratedByAll, ...(kappa && { kappa: found[at + 1] }), pairs };
}

function ratesAt(
  { readers }: Readings,
  { patients }: Decisions,
  found: readonly Estimate[],
  at: number,
  pooled: boolean,
): Rates {
  const shown = pooled ? [undefined] : readers;
  return {
    units: patients.length,
    readers: shown.map((reader, r) => ({
      ...(reader !== undefined && { reader }),
      sensitivity: found[at + r],
      specificity: found[at + shown.length + r],
    })),
    prevalence: found[at + 2 * shown.length],
  };
}

/** Lowest reliability that is estimated: a reader whom nobody agrees with keeps a say. */
const LEAST = 0.05;

/**
 * Reliability of each reader as the F1 of detection against the consensus of the others.
 *
 * @throws {ArgumentError} if readers are interchangeable: there is nobody to rely on
 */
export function estimatedReliability(
  readings: Readings,
  consensus: Consensus,
  options: AgreementOptions = {},
): number[] {
  if (options.interchangeable) {
    throw new ArgumentError("readers who are not the same persons everywhere have no reliability; leave it out");
  }
  const { patients } = patientsOf(readings);
  const ones = new Float64Array(patients).fill(1);
  return leaveOneOut(readings, consensus.sightings, options).map((record) => {
    const f1 = recordMeasures(record)[2](ones);
    return Number.isNaN(f1) ? LEAST : Math.max(LEAST, f1);
  });
}
