/**
 * @file Objects that were acknowledged and could not be filed, as those see them who look after the service.
 */
import { type Static, Type } from "typebox";
import { nullable } from "./values";

export const HeldInstanceSchema = Type.Object({
  id: Type.String({ description: "32 hexadecimal digits: the end of its file's name, as the log has it" }),
  study_uid: Type.String(),
  series_uid: Type.String(),
  sop_uid: Type.String(),
  reason: Type.Union([Type.Literal("conflict"), Type.Literal("astray")], {
    description: "conflict: other bytes stood under its UID; astray: its series stood in another study",
  }),
  in_the_way: nullable(
    Type.String({ description: "The study that has what stands in its way; null if nothing does any more" }),
  ),
  bytes: Type.Integer(),
  sha256: Type.String(),
  held_at: Type.String({ format: "date-time" }),
  /** What its own file says; null where that cannot be read. */
  origin: nullable(Type.String({ description: "dimse, stow, retrieve, upload, folder" })),
  sent_by: nullable(Type.String({ description: "Who brought it, as the audit log names them" })),
  rows: nullable(Type.Integer()),
  columns: nullable(Type.Integer()),
  frames: nullable(Type.Integer()),
});
export type HeldInstance = Static<typeof HeldInstanceSchema>;

/** `GET /held`: the latest first. */
export const HeldListSchema = Type.Object({
  held: Type.Array(HeldInstanceSchema),
  /** Give it as `after` for the next page. */
  next: nullable(Type.String()),
});
export type HeldList = Static<typeof HeldListSchema>;

/** `POST /held/:id/again` */
export const HeldFiledSchema = Type.Object({
  outcome: Type.Union([Type.Literal("new"), Type.Literal("same")], {
    description: "same: the record had the same bytes under its UID by now",
  }),
  study_uid: Type.String(),
  study_url: Type.String(),
});
