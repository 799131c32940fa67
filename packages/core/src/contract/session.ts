/**
 * @file Who asks, and what they may do: `GET /session`, for the page.
 *
 * Answers `401` where a key or token is wanted and none that is good came. Without access control it answers as for an admin,
 * so that the page does not ask for a key that nobody has.
 */
import { type Static, Type } from "typebox";

export const SessionSchema = Type.Object({
  /** Of the key or the token's subject, as the audit log has it; null without access control. */
  name: Type.Union([Type.String(), Type.Null()]),
  role: Type.Union([Type.Literal("viewer"), Type.Literal("reader"), Type.Literal("admin"), Type.Literal("system")]),
  /** Whether `POST /findings/:id/review` would be let through. */
  may_review: Type.Boolean(),
  /** Whether deliveries, retrievals and what is held apart may be seen, and asked for again: `GET /deliveries` and its neighbours. */
  may_transfer: Type.Boolean(),
  /** Whether what is held apart may be filed, discarded and downloaded: `/held/:id`. */
  may_settle_held: Type.Boolean(),
});
export type Session = Static<typeof SessionSchema>;
