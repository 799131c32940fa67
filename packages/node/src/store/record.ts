/**
 * @file The record: what came in, what was found by which model, what was sent, who did what. Repositories over `Database`.
 */
import type { Finding } from "@fovea/core/finding";
import type { Judgement } from "@fovea/core/rules/rule-set";
import type { ResultKind } from "../config/service-config";

/** Who the patient is; sealed in the database. Values as DICOM has them. */
export interface PatientIdentity {
  readonly PatientID?: string;
  readonly PatientName?: string;
  readonly PatientBirthDate?: string;
  readonly PatientSex?: string;
  readonly AccessionNumber?: string;
  readonly StudyDescription?: string;
  readonly ReferringPhysicianName?: string;
  readonly StudyID?: string;
  readonly StudyTime?: string;
}

export type Origin = "dimse" | "stow" | "retrieve" | "upload" | "folder";

/** An image that was accepted: its bytes are in the blob store already. */
export interface ReceivedInstance {
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly sopUid: string;
  readonly sopClassUid?: string;
  readonly transferSyntaxUid?: string;
  /** @default "application/dicom" */
  readonly mediaType?: string;
  readonly origin: Origin;
  readonly callingAe?: string;
  readonly patient: PatientIdentity;
  readonly studyDate?: string;
  readonly modality?: string;
  readonly bodyPart?: string;
  readonly station?: string;
  readonly seriesDescription?: string;
  readonly seriesNumber?: number;
  readonly instanceNumber?: number;
  readonly frames: number;
  readonly rows: number;
  readonly columns: number;
  /** An image whose head did not say its size: `rows` and `columns` are 0, and it counts as an image. @default false */
  readonly sizeUnknown?: boolean;
  readonly bytes: number;
  readonly sha256: string;
  /** Its key in the blob store. */
  readonly blob: string;
}

/**
 * `same`: here already, byte for byte; `conflict`: other bytes under the same UID are here, and stay; `astray`: its series stands
 * in another study.
 */
export type AcceptOutcome = "new" | "same" | "conflict" | "astray";

/** A model version as reports name it. */
export interface ModelVersion {
  /** `name@first 12 digits of sha256`. */
  readonly modelId: string;
  readonly name: string;
  readonly sha256: string;
  /** UID of this version as a device (PS3.16 TID 1004), one for each sha256. */
  readonly deviceUid: string;
  readonly classes: readonly string[];
  readonly defaultFor: readonly string[];
}

export interface JudgedFinding extends Finding, Judgement {
  readonly frame: number;
}

/** What the analysis of one instance came to. */
export interface InstanceAnalysis {
  readonly sopUid: string;
  readonly modelId: string;
  /** `version@first 12 digits`. */
  readonly rulesVersion?: string;
  readonly inferenceMs?: number;
  /** Confidence below which findings were left out; absent where nobody could look at the image. */
  readonly threshold?: number;
  /** Of an image whose other frames were looked at. @default 0 */
  readonly unreadFrames?: number;
  /** Of an image whose head did not tell it. @default what the record has */
  readonly size?: Pick<ReceivedInstance, "frames" | "rows" | "columns">;
  readonly outcome: { readonly findings: readonly JudgedFinding[] } | { readonly failure: string };
}

export interface NewDelivery {
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly kind: ResultKind;
  readonly destination: string;
  readonly objectSopUid: string;
  readonly sopClassUid: string;
  readonly blob: string;
}

export interface Delivery extends NewDelivery {
  readonly deliveryId: string;
  readonly state: "pending" | "sending" | "sent" | "failed";
  readonly attempts: number;
  readonly reason?: string;
}

/** An entry of the audit log before it has its place in the chain. */
export interface AuditEntry {
  /** `key:...`, `oidc:subject`, `ae:TITLE`, `system`. */
  readonly actor: string;
  /** `study.view`, `finding.review`, `object.send`, `instance.receive` ... */
  readonly action: string;
  readonly subject?: string;
  /** No patient data. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly inputSha256?: string;
  readonly modelSha256?: string;
  readonly rulesSha256?: string;
}
