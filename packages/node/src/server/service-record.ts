/**
 * @file What the routes ask of the record, and nothing of how it is kept.
 */
import type { AuditList } from "@fovea/core/contract/audit";
import type { BatchJob } from "@fovea/core/contract/study";
import type { FindingRecord, ReviewAction, StudyDetail, StudyList, StudyState } from "@fovea/core/contract/study";
import type { Language } from "@fovea/core/report/summary";
import type { Role } from "../config/service-config";
import type { InstanceAnalysis, ModelVersion, Origin } from "../store/record";
import type { AuditEntry } from "../store/record";
import type { GoodKey } from "./auth/key-lookup";

/** How a reader wants it: in which language, and whether with the patient's identity. */
export interface Reader {
  readonly language: Language;
  readonly seesPatients: boolean;
}

export interface StudyQuery {
  readonly state?: StudyState;
  readonly modality?: string;
  /** `next` of the page before. */
  readonly after?: string;
  readonly limit: number;
}

export interface FindingQuery {
  readonly studyUid?: string;
  readonly className?: string;
  readonly minConfidence?: number;
  readonly review?: FindingRecord["review"];
  readonly after?: string;
  readonly limit: number;
}

/** An image that is here, pixels included. */
export interface KeptImage {
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly sopUid: string;
  readonly modality?: string;
  readonly mediaType: string;
  readonly sha256: string;
  /** Its key in the blob store; undefined once retention took it. */
  readonly blob?: string;
}

/** An image that came by `/detect` or `/analyze/image`, with what was found in it. */
export interface KeptUpload {
  readonly bytes: Uint8Array;
  readonly actor: string;
  readonly model: ModelVersion;
  readonly analysis: Omit<InstanceAnalysis, "sopUid" | "modelId">;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly sha256: string;
}

export interface KeyRecord {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  readonly revokedAt?: Date;
}

export interface NewKey {
  readonly name: string;
  readonly role: Role;
  readonly sha256: string;
  readonly expiresAt?: Date;
}

/** A file of a batch that waits for its analysis. */
export interface WaitingFile {
  readonly ordinal: number;
  readonly filename: string;
  readonly blob: string;
}

export type StoredBatchJob = Omit<BatchJob, "status_url"> & {
  readonly actor: string;
  readonly language: Language;
};

/** Batches that became jobs. File names may be patients': they are sealed. */
export interface BatchRecord {
  /** A job without files, not in the queue yet. @returns its identifier */
  open(batch: { readonly actor: string; readonly language: Language }): Promise<string>;
  addWaiting(jobId: string, file: WaitingFile): Promise<void>;
  addDone(jobId: string, ordinal: number, filename: string, result: unknown, failed: boolean): Promise<void>;
  find(jobId: string): Promise<StoredBatchJob | undefined>;
  /** Files without a result, by ordinal. */
  waiting(jobId: string, most: number): Promise<readonly WaitingFile[]>;
  /** Keeps a result; a second one of the same file changes nothing. */
  finishFile(jobId: string, ordinal: number, result: unknown, failed: boolean): Promise<void>;
  /** A job that was cancelled stays so. */
  setState(jobId: string, state: BatchJob["state"]): Promise<void>;
  results(jobId: string, from: number, most: number): Promise<readonly unknown[]>;
  /** With all that it holds. @returns keys of blobs that nobody needs any more */
  remove(jobId: string): Promise<readonly string[]>;
}

export interface ServiceRecord {
  /** @throws {FoveaError} `database_unavailable` */
  ping(): Promise<void>;
  studies(query: StudyQuery, reader: Reader): Promise<StudyList>;
  study(studyUid: string, reader: Reader): Promise<StudyDetail | undefined>;
  findings(
    query: FindingQuery,
    reader: Reader,
  ): Promise<{ readonly findings: readonly FindingRecord[]; readonly next: string | null }>;
  findingsOf(sopUid: string, reader: Reader): Promise<readonly FindingRecord[]>;
  review(
    findingId: string,
    action: ReviewAction,
    actor: string,
    reader: Reader,
  ): Promise<FindingRecord | undefined>;
  image(sopUid: string): Promise<KeptImage | undefined>;
  keepUpload(upload: KeptUpload): Promise<{ readonly studyUid: string; readonly sopUid: string; readonly origin: Origin }>;
  readonly batches: BatchRecord;
  readonly keys: {
    find(sha256: string): Promise<GoodKey | undefined>;
    list(): Promise<readonly KeyRecord[]>;
    add(key: NewKey): Promise<KeyRecord>;
    /** @returns whether there was such a key that was good */
    revoke(keyId: string): Promise<boolean>;
  };
  readonly audit: {
    /** Durable when it resolves. */
    append(entry: AuditEntry): Promise<void>;
    /** Newest first. */
    list(query: { readonly before?: string; readonly limit: number }): Promise<AuditList>;
  };
}
