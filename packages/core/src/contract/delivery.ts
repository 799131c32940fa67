/**
 * @file Results on their way to other systems, beyond one study.
 */
import { type Static, Type } from "typebox";
import { DeliveryRecordSchema } from "./study";

export const ListedDeliverySchema = Type.Object({
  study_uid: Type.String(),
  ...DeliveryRecordSchema.properties,
  planned_at: Type.String({ format: "date-time" }),
  next_at: Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
    description: "When the next attempt is due, of one that is pending; null of all others",
  }),
});
export type ListedDelivery = Static<typeof ListedDeliverySchema>;

export const DeliveryListSchema = Type.Object({
  deliveries: Type.Array(ListedDeliverySchema),
  /** Give it as `after` for the next page. */
  next: Type.Union([Type.String(), Type.Null()]),
});
export type DeliveryList = Static<typeof DeliveryListSchema>;

/** `POST /pacs/:name/again` */
export const SentAgainSchema = Type.Object({ again: Type.Integer({ description: "Objects that are sent again" }) });
