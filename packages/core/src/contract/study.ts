/**
 * @file What the service keeps of studies, as the page and other clients see it.
 */
import { type Static, Type } from "typebox";
import { BoxSchema } from "./detection";
import { nullable, SHOWN } from "./values";

/** `receiving` until it is complete; `failed` where a series failed. */
export const StudyStateSchema = Type.Union([
  Type.Literal("receiving"),
  Type.Literal("queued"),
  Type.Literal("analysed"),
  Type.Literal("failed"),
  Type.Literal("not_attempted"),
]);
export type StudyState = Static<typeof StudyStateSchema>;

/** Every series ends as analysed, failed with the reason, or not attempted and why. */
export const SeriesStateSchema = Type.Union([
  Type.Literal("received"),
  Type.Literal("queued"),
  Type.Literal("analysed"),
  Type.Literal("failed"),
  Type.Literal("not_attempted"),
]);
export type SeriesState = Static<typeof SeriesStateSchema>;

/** Patient fields are null for those who may not see them, and where arrival de-identifies. */
export const StudySummarySchema = Type.Object({
  study_uid: Type.String(),
  patient_id: nullable(Type.String()),
  patient_name: nullable(Type.String()),
  study_date: nullable(Type.String({ description: "YYYYMMDD" })),
  description: nullable(Type.String()),
  modalities: Type.Array(Type.String()),
  series: Type.Integer(),
  instances: Type.Integer(),
  findings: Type.Integer(),
  unreviewed: Type.Integer({ description: "Findings that nobody has accepted or rejected" }),
  state: StudyStateSchema,
  /** Why not all of it was analysed: the reason of a series that failed, of one with images that failed, or was not attempted. */
  reason: Type.Optional(nullable(Type.String({ description: "English" }))),
  reason_shown: Type.Optional(SHOWN),
  received_at: Type.String({ format: "date-time" }),
});
export type StudySummary = Static<typeof StudySummarySchema>;

export const StudyListSchema = Type.Object({
  studies: Type.Array(StudySummarySchema),
  /** Give it as `after` for the next page. */
  next: nullable(Type.String()),
});
export type StudyList = Static<typeof StudyListSchema>;

export const InstanceSchema = Type.Object({
  sop_uid: Type.String(),
  instance_number: nullable(Type.Integer()),
  frames: Type.Integer(),
  rows: Type.Integer(),
  columns: Type.Integer(),
  size_unknown: Type.Boolean({ description: "An image whose head does not tell its size: rows and columns are 0" }),
  failure: nullable(Type.String({ description: "Why nobody could look at it; English" })),
  failure_shown: SHOWN,
});

export const SeriesSchema = Type.Object({
  series_uid: Type.String(),
  modality: nullable(Type.String()),
  body_part: nullable(Type.String()),
  description: nullable(Type.String()),
  series_number: nullable(Type.Integer()),
  state: SeriesStateSchema,
  reason: nullable(Type.String({ description: "English" })),
  reason_shown: SHOWN,
  model_version: nullable(Type.String()),
  instances: Type.Array(InstanceSchema),
});

export const AnalyseAgainSchema = Type.Object({
  state: Type.Literal("queued"),
  study_uid: Type.String(),
  series: Type.Integer({ description: "Series that are analysed again" }),
  study_url: Type.String(),
});

/** `open` until somebody decides. */
export const ReviewStateSchema = Type.Union([Type.Literal("open"), Type.Literal("accepted"), Type.Literal("rejected")]);
export type ReviewState = Static<typeof ReviewStateSchema>;

export const FindingRecordSchema = Type.Object({
  id: Type.String(),
  study_uid: Type.String(),
  series_uid: Type.String(),
  sop_uid: Type.String(),
  frame: Type.Integer({ minimum: 0 }),
  class: Type.String({ description: "As the model names it" }),
  class_shown: Type.String({
    description: "By class_names, in the language that is asked for; else as the model names it",
  }),
  confidence: Type.Number(),
  bbox: BoxSchema,
  width_mm: nullable(Type.Number()),
  height_mm: nullable(Type.Number()),
  polygon: nullable(Type.Array(Type.Number())),
  category: nullable(Type.String()),
  suggestion: nullable(Type.String()),
  model_version: Type.String(),
  rules_version: nullable(Type.String()),
  review: ReviewStateSchema,
});
export type FindingRecord = Static<typeof FindingRecordSchema>;

export const DeliveryRecordSchema = Type.Object({
  id: Type.String(),
  kind: Type.String({ description: "sr, sc, gsps, seg" }),
  destination: Type.String(),
  state: Type.Union([Type.Literal("pending"), Type.Literal("sending"), Type.Literal("sent"), Type.Literal("failed")]),
  attempts: Type.Integer(),
  reason: nullable(Type.String({ description: "English" })),
  reason_shown: SHOWN,
  sent_at: nullable(Type.String()),
});

export const StudyDetailSchema = Type.Object({
  study: StudySummarySchema,
  series: Type.Array(SeriesSchema),
  findings: Type.Array(FindingRecordSchema),
  deliveries: Type.Array(DeliveryRecordSchema),
});
export type StudyDetail = Static<typeof StudyDetailSchema>;

export const FindingListSchema = Type.Object({
  findings: Type.Array(FindingRecordSchema),
  next: nullable(Type.String()),
});

/** `POST /findings/:id/review` */
export const ReviewActionSchema = Type.Object({
  review: ReviewStateSchema,
  comment: Type.Optional(Type.String({ maxLength: 2000 })),
});
export type ReviewAction = Static<typeof ReviewActionSchema>;

export const ModelRecordSchema = Type.Object({
  version: Type.String({ description: "name@first 12 digits of the file's SHA-256" }),
  name: Type.String(),
  sha256: Type.String(),
  classes: Type.Array(Type.String()),
  default_for: Type.Array(Type.String(), { description: "Modalities; * for all others" }),
  state: Type.Union([Type.Literal("loading"), Type.Literal("ready"), Type.Literal("retired")]),
});
export const ModelListSchema = Type.Object({ models: Type.Array(ModelRecordSchema) });
export type ModelRecord = Static<typeof ModelRecordSchema>;

/** A large batch that became a job: `202` with this, then `GET /jobs/:id`, and `/jobs/:id/events` as server-sent events. */
export const BatchJobSchema = Type.Object({
  id: Type.String(),
  state: Type.Union([Type.Literal("queued"), Type.Literal("running"), Type.Literal("done"), Type.Literal("cancelled")]),
  total: Type.Integer(),
  done: Type.Integer(),
  failed: Type.Integer(),
  status_url: Type.String(),
});
export type BatchJob = Static<typeof BatchJobSchema>;
