/**
 * @file What the service answers about images that it is shown: `/analyze/image`, `/analyze/batch`, `/detect`.
 *
 * Keys are those that clients of our users' services read already, hence `snake_case`.
 */
import { type Static, Type } from "typebox";

/** Continuous corners in pixels of the source image, as `Box`. */
export const BoxSchema = Type.Object({
  x1: Type.Number(),
  y1: Type.Number(),
  x2: Type.Number(),
  y2: Type.Number(),
});

export const DetectionSchema = Type.Object({
  class: Type.String({ description: "Name of the class, translated where the user's table has it" }),
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
  bbox: BoxSchema,
  width: Type.Number({ description: "Pixels" }),
  height: Type.Number({ description: "Pixels" }),
  width_mm: Type.Optional(Type.Number({ description: "Where the image says its pixel spacing" })),
  height_mm: Type.Optional(Type.Number()),
  frame: Type.Optional(Type.Integer({ minimum: 0, description: "Of a DICOM file of several frames, from 0" })),
});
export type Detection = Static<typeof DetectionSchema>;

const WARNINGS = {
  warnings: Type.Optional(
    Type.Array(Type.String(), { description: "What was odd: frames that could not be read, among others; English" }),
  ),
  warnings_shown: Type.Optional(Type.Array(Type.String(), { description: "The same in the language of the answer" })),
};

export const AnalyzeImageSchema = Type.Object({
  filename: Type.String(),
  detection_count: Type.Integer(),
  detections: Type.Array(DetectionSchema),
  summary: Type.String(),
  model_version: Type.String(),
  inference_time_ms: Type.Number(),
  width: Type.Integer(),
  height: Type.Integer(),
  ...WARNINGS,
});
export type AnalyzeImageResponse = Static<typeof AnalyzeImageSchema>;

/** One broken file is reported in its place. */
export const FailedImageSchema = Type.Object({
  filename: Type.String(),
  error: Type.Object({
    code: Type.String(),
    message: Type.String({ description: "English" }),
    message_shown: Type.Optional(
      Type.String({
        description: "What happened and what to do, in the language of the answer; results of earlier versions lack it",
      }),
    ),
  }),
});
export type FailedImage = Static<typeof FailedImageSchema>;

export const AnalyzeBatchSchema = Type.Object({
  total_images: Type.Integer(),
  total_detections: Type.Integer(),
  average_detections_per_image: Type.Number({ description: "Over images that could be read" }),
  results: Type.Array(Type.Union([AnalyzeImageSchema, FailedImageSchema])),
});
export type AnalyzeBatchResponse = Static<typeof AnalyzeBatchSchema>;

export const ClinicalFindingSchema = Type.Object({
  type: Type.String(),
  location: Type.Object({ x: Type.Number(), y: Type.Number(), width: Type.Number(), height: Type.Number() }),
  confidence: Type.Number(),
  category: Type.Union([Type.String(), Type.Null()], { description: "Severity or kind that the rules give" }),
  suggestion: Type.Union([Type.String(), Type.Null()]),
  image: Type.String({ description: "Address of the image that the location refers to" }),
  frame: Type.Optional(Type.Integer({ minimum: 0 })),
});

export const DetectSchema = Type.Object({
  study_id: Type.String(),
  findings: Type.Array(ClinicalFindingSchema),
  model_version: Type.String(),
  rules_version: Type.Union([Type.String(), Type.Null()]),
  inference_time_ms: Type.Number(),
  ...WARNINGS,
});
export type DetectResponse = Static<typeof DetectSchema>;
