/**
 * @file What a page needs to show an image: `GET /instances/:uid`, and the values that go with it.
 *
 * `GET /instances/:uid/frames/:n/pixels` (n from 0) answers `application/octet-stream`: rows from top to bottom, pixels from left
 * to right, nothing before or after. Monochrome: stored values as PS3.5 section 8 has them, cut to BitsStored and sign
 * extended, `bits_allocated` / 8 bytes each, little endian. Colour, whatever the file holds (YBR, palette): red, green, blue,
 * 8 bit each, side by side. Where a file has a Modality LUT as a table, the server applies it, and slope and intercept say
 * what is left to do.
 */
import { type Static, Type } from "typebox";
import { nullable } from "./values";

/** PS3.3 C.11.2.1.2: centre and width in modality values (Hounsfield units for CT). */
const ImageWindowSchema = Type.Object({
  center: Type.Number(),
  width: Type.Number({ exclusiveMinimum: 0 }),
  explanation: nullable(Type.String({ description: "WindowCenterWidthExplanation" })),
});

const VALUES = {
  rescale_slope: Type.Number(),
  rescale_intercept: Type.Number(),
  /** In the file's order; empty where it gives none that is usable, a VOI LUT as a table included. */
  windows: Type.Array(ImageWindowSchema, { maxItems: 32 }),
};

/** Stored values to modality values, and how the file wants them shown. Modality value = slope x stored + intercept. */
export const FrameValuesSchema = Type.Object(VALUES);
export type FrameValues = Static<typeof FrameValuesSchema>;

const VoiLutFunctionSchema = Type.Union([
  Type.Literal("LINEAR"),
  Type.Literal("LINEAR_EXACT"),
  Type.Literal("SIGMOID"),
]);

/** Millimetres between centres of rows and of columns, and what they were measured on (`Spacing` of core/dicom). */
const PixelSpacingSchema = Type.Object({
  row: Type.Number({ exclusiveMinimum: 0 }),
  column: Type.Number({ exclusiveMinimum: 0 }),
  source: Type.Union([
    Type.Literal("PixelSpacing"),
    Type.Literal("ImagerPixelSpacing"),
    Type.Literal("NominalScannedPixelSpacing"),
  ]),
});

/** Direction cosines of a row and of a column in the patient, LPS (ImageOrientationPatient). */
const OrientationSchema = Type.Array(Type.Number(), { minItems: 6, maxItems: 6 });

/** What one frame may have of its own (functional groups); nulls where the file does not tell. */
export const FrameFactsSchema = Type.Object({
  ...VALUES,
  voi_lut_function: VoiLutFunctionSchema,
  pixel_spacing: nullable(PixelSpacingSchema),
  image_orientation: nullable(OrientationSchema),
});
export type FrameFacts = Static<typeof FrameFactsSchema>;

export const InstanceImageSchema = Type.Object({
  sop_uid: Type.String(),
  series_uid: Type.String(),
  study_uid: Type.String(),
  modality: nullable(Type.String()),
  rows: Type.Integer({ minimum: 1 }),
  columns: Type.Integer({ minimum: 1 }),
  frames: Type.Integer({ minimum: 1 }),
  /** Of the values as they are answered, not as the file stores them: palette and YBR come as RGB. */
  photometric_interpretation: Type.Union([
    Type.Literal("MONOCHROME1"),
    Type.Literal("MONOCHROME2"),
    Type.Literal("RGB"),
  ]),
  /** Of each sample as it is answered. 8 for RGB. */
  bits_allocated: Type.Union([Type.Literal(8), Type.Literal(16), Type.Literal(32)]),
  bits_stored: Type.Integer({ minimum: 1, maximum: 32 }),
  signed: Type.Boolean(),
  /** One for each frame, where they differ in any of it; else null, and what is told beside it holds for all. */
  frame_values: nullable(Type.Array(FrameFactsSchema)),
  /** Of the first frame. */
  voi_lut_function: VoiLutFunctionSchema,
  /** Of the first frame. */
  values: FrameValuesSchema,
  /** Stored values from the first to the second, both included, are outside of the picture (PS3.3 C.7.5.1.1.2). */
  pixel_padding: nullable(Type.Object({ low: Type.Integer(), high: Type.Integer() })),
  /** Null where the file tells none, no size in millimetres is then to be had; and where frames differ: ask `frame_values`. */
  pixel_spacing: nullable(PixelSpacingSchema),
  /** Height of a pixel by its width (PixelAspectRatio), where there is no spacing. 1 where the file says nothing. */
  pixel_aspect: Type.Number({ exclusiveMinimum: 0 }),
  /** Null where the file tells none, for animals on four legs, and where frames differ: ask `frame_values`. */
  image_orientation: nullable(OrientationSchema),
  /** Where rows and columns go to, as `["L", "F"]` (PatientOrientation); null as `image_orientation` is. */
  patient_orientation: nullable(Type.Array(Type.String(), { minItems: 2, maxItems: 2 })),
  /** Compressed with loss at some time before (LossyImageCompression 01); readers are told so. */
  lossy: Type.Boolean(),
});
export type InstanceImage = Static<typeof InstanceImageSchema>;
