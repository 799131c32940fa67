/**
 * @file Modules that all result objects have: Patient, Study, Series, Equipment, SOP Common (PS3.3 C.7.1 to C.7.5, C.12.1).
 */
import { type Attributes, CODES, codeSequence } from "./code";
import { type Algorithm, decimal, MANUFACTURER, type ResultContext, type SourceInstance } from "./result-source";

export interface ObjectIdentity {
  readonly sopClassUid: string;
  /** Names its kind: `sr`, `sc`. */
  readonly part: string;
  /** All that it says, as plain data: objects of the same kind that say the same are one. */
  readonly said: unknown;
  /** What its series is of, as plain data; objects of several results may stand in one. */
  readonly seriesSaid: unknown;
  readonly modality: string;
  readonly seriesNumber: number;
  readonly seriesDescription: string;
  readonly instanceNumber: number;
}

/** Everything outside of an object's own modules. The study is that of `source`, the series a new one. */
export function sharedModules(context: ResultContext, source: SourceInstance, identity: ObjectIdentity): Attributes {
  const { algorithm, date, time, timezone, uid } = context;
  return {
    SpecificCharacterSet: "ISO_IR 192",
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    SOPClassUID: identity.sopClassUid,
    SOPInstanceUID: uid(identity.part, identity.said),
    ...(timezone !== undefined && { TimezoneOffsetFromUTC: timezone }),
    ...source.patientAndStudy,
    StudyInstanceUID: source.studyUid,
    SeriesInstanceUID: uid(`series ${identity.part}`, identity.seriesSaid),
    Modality: identity.modality,
    SeriesNumber: identity.seriesNumber,
    SeriesDescription: identity.seriesDescription,
    InstanceNumber: identity.instanceNumber,
    Manufacturer: MANUFACTURER,
    ManufacturerModelName: algorithm.name,
    DeviceSerialNumber: algorithm.version,
    SoftwareVersions: algorithm.softwareVersion,
    DeviceUID: algorithm.deviceUid,
    ContributingEquipmentSequence: [contributingEquipment(algorithm, `${date}${time}${timezone ?? ""}`)],
  };
}

/** The algorithm among what contributed (PS3.3 C.12.1.1.5). */
function contributingEquipment(algorithm: Algorithm, at: string): Attributes {
  return {
    PurposeOfReferenceCodeSequence: codeSequence(CODES.processingEquipment),
    Manufacturer: MANUFACTURER,
    ManufacturerModelName: algorithm.name,
    DeviceSerialNumber: algorithm.version,
    SoftwareVersions: algorithm.softwareVersion,
    DeviceUID: algorithm.deviceUid,
    ContributionDateTime: at,
    ContributionDescription: `Detection of lesions by ${algorithm.version}`,
  };
}

/** Images by series, for evidence and references: each item one series. */
export function referencedSeries(sources: readonly SourceInstance[], sequence: string): Attributes[] {
  const bySeries = new Map<string, SourceInstance[]>();
  for (const source of sources) {
    const known = bySeries.get(source.seriesUid);
    if (known === undefined) bySeries.set(source.seriesUid, [source]);
    else known.push(source);
  }
  return [...bySeries].map(([SeriesInstanceUID, instances]) => ({
    SeriesInstanceUID,
    [sequence]: instances.map(({ sopClassUid, sopUid }) => ({
      ReferencedSOPClassUID: sopClassUid,
      ReferencedSOPInstanceUID: sopUid,
    })),
  }));
}

/** Lossy Image Compression of something derived from `source` (PS3.3 C.7.6.1.1.5): once lossy, always lossy. */
export function lossyHistory({ lossy }: SourceInstance): Attributes {
  if (lossy === undefined) return { LossyImageCompression: "00" };
  return {
    LossyImageCompression: "01",
    ...(lossy.ratios.length > 0 && { LossyImageCompressionRatio: lossy.ratios.map(decimal) }),
    ...(lossy.methods.length > 0 && { LossyImageCompressionMethod: lossy.methods }),
  };
}
