/**
 * @file The audit log as `GET /audit` answers it, newest first.
 */
import { type Static, Type } from "typebox";
import { nullable } from "./values";

export const AuditRecordSchema = Type.Object({
  seq: Type.String({ description: "Place in the chain, from 1" }),
  at: Type.String({ format: "date-time" }),
  actor: Type.String(),
  action: Type.String(),
  subject: nullable(Type.String()),
  details: Type.Record(Type.String(), Type.Unknown()),
  input_sha256: nullable(Type.String()),
  model_sha256: nullable(Type.String()),
  rules_sha256: nullable(Type.String()),
  hash: Type.String(),
});
export type AuditRecord = Static<typeof AuditRecordSchema>;

export const AuditListSchema = Type.Object({
  entries: Type.Array(AuditRecordSchema),
  /** Give it as `before` for the next page. */
  next: nullable(Type.String()),
});
