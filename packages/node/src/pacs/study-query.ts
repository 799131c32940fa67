/**
 * @file Studies of a PACS by the values that people search for.
 */
import type { PacsQuery, PacsStudy } from "@fovea/core/contract/pacs";
import type { PacsPeer } from "./peer";

export interface FoundStudies {
  readonly studies: PacsStudy[];
  /** There are more than was asked for. */
  readonly more: boolean;
}

/**
 * C-FIND or QIDO-RS at the level of studies; what is beyond `limit` is cancelled.
 *
 * @throws {FoveaError} `peer_unreachable`, `peer_refused`, `interrupted`
 */
export async function findStudies(
  peer: Pick<PacsPeer, "find">,
  { limit = 100, ...values }: PacsQuery,
  signal?: AbortSignal,
): Promise<FoundStudies> {
  const studies = new Map<string, PacsStudy>();
  for await (const match of peer.find("STUDY", studyKeys(values), signal)) {
    const study = studyOf(match);
    if (study === undefined) continue;
    if (studies.size === limit && !studies.has(study.study_uid)) return { studies: [...studies.values()], more: true };
    studies.set(study.study_uid, study);
  }
  return { studies: [...studies.values()], more: false };
}

/** Empty values are asked for (PS3.4 C.2.2.2.3). */
function studyKeys(values: Omit<PacsQuery, "limit">): Record<string, string> {
  return {
    StudyInstanceUID: values.study_uid ?? "",
    PatientID: values.patient_id ?? "",
    PatientName: values.patient_name ?? "",
    StudyDate: values.study_date ?? "",
    ModalitiesInStudy: values.modality ?? "",
    AccessionNumber: values.accession ?? "",
    StudyDescription: "",
    NumberOfStudyRelatedInstances: "",
  };
}

/** Undefined where the PACS names no study: there is nothing to get. */
function studyOf(match: Readonly<Record<string, string>>): PacsStudy | undefined {
  const text = (keyword: string) => match[keyword]?.trim() || null;
  const uid = text("StudyInstanceUID");
  if (uid === null) return undefined;
  const count = text("NumberOfStudyRelatedInstances");
  return {
    study_uid: uid,
    patient_id: text("PatientID"),
    patient_name: text("PatientName"),
    study_date: text("StudyDate"),
    modalities: text("ModalitiesInStudy")?.split("\\").filter(Boolean) ?? [],
    accession: text("AccessionNumber"),
    description: text("StudyDescription"),
    instances: count !== null && /^\d{1,9}$/.test(count) ? Number(count) : null,
  };
}
