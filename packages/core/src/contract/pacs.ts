/**
 * @file Asking a PACS and getting images from it, as clients of the service do. Patients stand in bodies, never in addresses.
 */
import { type Static, Type } from "typebox";
import { nullable, SHOWN, UidSchema } from "./values";

/** A value to match: one, not a list; `*` and `?` stand for what PS3.4 C.2.2.2.4 says. */
function matchSchema(maxLength: number, description: string) {
  return Type.Optional(Type.String({ minLength: 1, maxLength, pattern: "^[^\\u0000-\\u001f\\\\]*$", description }));
}

export const PacsListSchema = Type.Object({
  pacs: Type.Array(
    Type.Object({
      name: Type.String(),
      protocol: Type.Union([Type.Literal("dimse"), Type.Literal("dicom_web")]),
      /** How images come from it. */
      retrieve: Type.Union([Type.Literal("get"), Type.Literal("move")]),
      /** Kinds of results that it is sent. */
      send: Type.Array(Type.String()),
    }),
  ),
});
export type PacsList = Static<typeof PacsListSchema>;

/** `POST /pacs/:name/find`: at least one value, so that nobody asks for everything by mistake. */
export const PacsQuerySchema = Type.Object(
  {
    patient_id: matchSchema(64, "PatientID"),
    patient_name: matchSchema(64, "PatientName, such as CURIE^M*"),
    study_date: Type.Optional(
      Type.String({
        pattern: "^(\\d{8}(-(\\d{8})?)?|-\\d{8})$",
        description: "YYYYMMDD, or a range: YYYYMMDD-YYYYMMDD",
      }),
    ),
    modality: Type.Optional(Type.String({ pattern: "^[A-Z0-9]{2,16}$", description: "Of a series of the study" })),
    accession: matchSchema(16, "AccessionNumber"),
    study_uid: Type.Optional(UidSchema),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
  },
  { additionalProperties: false },
);
export type PacsQuery = Static<typeof PacsQuerySchema>;

export const PacsStudySchema = Type.Object({
  study_uid: Type.String(),
  patient_id: nullable(Type.String()),
  patient_name: nullable(Type.String()),
  study_date: nullable(Type.String()),
  modalities: Type.Array(Type.String()),
  accession: nullable(Type.String()),
  description: nullable(Type.String()),
  /** As the PACS counts them; null where it does not say. */
  instances: nullable(Type.Integer()),
});
export type PacsStudy = Static<typeof PacsStudySchema>;

export const PacsStudyListSchema = Type.Object({
  studies: Type.Array(PacsStudySchema),
  /** There are more than `limit`: ask more closely. */
  more: Type.Boolean(),
});

/** `POST /pacs/:name/retrieve` */
export const RetrieveSchema = Type.Object(
  { study_uid: UidSchema, series_uid: Type.Optional(UidSchema) },
  { additionalProperties: false },
);
export type Retrieve = Static<typeof RetrieveSchema>;

/** `202`: the images come like any others; `GET /pacs/retrievals` and the study say how far they are. */
export const RetrievalSchema = Type.Object({
  state: Type.Literal("queued"),
  id: Type.String({ description: "Of GET /pacs/retrievals" }),
  study_uid: Type.String(),
  study_url: Type.String({ description: "Not there until the first image is" }),
});

/** `GET /pacs/retrievals`: the latest first; those that ended for 30 days. */
export const RetrievalListSchema = Type.Object({
  retrievals: Type.Array(
    Type.Object({
      id: Type.String(),
      pacs: Type.String(),
      study_uid: Type.String(),
      series_uid: nullable(Type.String()),
      /** `partial`: objects were refused here; `failed`: given up before all had come. Asking again begins anew. */
      state: Type.Union([
        Type.Literal("waiting"),
        Type.Literal("running"),
        Type.Literal("complete"),
        Type.Literal("partial"),
        Type.Literal("failed"),
      ]),
      attempts: Type.Integer(),
      /** Objects that are kept, and that were refused here, once it has ended. */
      stored: Type.Integer(),
      refused: Type.Integer(),
      reason: nullable(
        Type.String({ description: "Why the last attempt did not end it, or why not all came; English" }),
      ),
      reason_shown: SHOWN,
      asked_at: Type.String({ format: "date-time" }),
      ended_at: nullable(Type.String({ format: "date-time" })),
    }),
  ),
});
export type RetrievalList = Static<typeof RetrievalListSchema>;
export type ListedRetrieval = RetrievalList["retrievals"][number];

export const EchoSchema = Type.Object({ reachable: Type.Boolean(), milliseconds: Type.Number() });
