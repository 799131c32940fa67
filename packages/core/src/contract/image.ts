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

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

/** PS3.3 C.11.2.1.2: centre and width in modality values (Hounsfield units for CT). */
export const ImageWindowSchema = Type.Object({
  center: Type.Number(),
  width: Type.Number({ exclusiveMinimum: 0 }),
  explanation: nullable(Type.String({ description: "WindowCenterWidthExplanation" })),
});
export type ImageWindow = Static<typeof ImageWindowSchema>;

/** Stored values to modality values, and how the file wants them shown. Modality value = slope x stored + intercept. */
export const FrameValuesSchema = Type.Object({
  rescale_slope: Type.Number(),
  rescale_intercept: Type.Number(),
  /** In the file's order; empty where it gives none that is usable, a VOI LUT as a table included. */
  windows: Type.Array(ImageWindowSchema, { maxItems: 32 }),
});
export type FrameValues = Static<typeof FrameValuesSchema>;

/** Millimetres between centres of rows and of columns, and what they were measured on (`Spacing` of core/dicom). */
export const PixelSpacingSchema = Type.Object({
  row: Type.Number({ exclusiveMinimum: 0 }),
  column: Type.Number({ exclusiveMinimum: 0 }),
  source: Type.Union([
    Type.Literal("PixelSpacing"),
    Type.Literal("ImagerPixelSpacing"),
    Type.Literal("NominalScannedPixelSpacing"),
  ]),
});

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
  voi_lut_function: Type.Union([Type.Literal("LINEAR"), Type.Literal("LINEAR_EXACT"), Type.Literal("SIGMOID")]),
  values: FrameValuesSchema,
  /** One for each frame, where they differ (functional groups); else null, and `values` holds for all. */
  frame_values: nullable(Type.Array(FrameValuesSchema)),
  /** Stored values from the first to the second, both included, are outside of the picture (PS3.3 C.7.5.1.1.2). */
  pixel_padding: nullable(Type.Object({ low: Type.Integer(), high: Type.Integer() })),
  /** Null where the file tells none: then no size in millimetres is to be had. */
  pixel_spacing: nullable(PixelSpacingSchema),
  /** Height of a pixel by its width (PixelAspectRatio), where there is no spacing. 1 where the file says nothing. */
  pixel_aspect: Type.Number({ exclusiveMinimum: 0 }),
  /** Direction cosines of a row and of a column in the patient, LPS (ImageOrientationPatient), of the first frame. */
  image_orientation: nullable(Type.Array(Type.Number(), { minItems: 6, maxItems: 6 })),
  /** Where rows and columns go to, as `["L", "F"]` (PatientOrientation). */
  patient_orientation: nullable(Type.Array(Type.String(), { minItems: 2, maxItems: 2 })),
  /** Compressed with loss at some time before (LossyImageCompression 01); readers are told so. */
  lossy: Type.Boolean(),
});
export type InstanceImage = Static<typeof InstanceImageSchema>;
