/**
 * @file API keys as their routes show them. The key itself is answered once, when it is made.
 */
import { type Static, Type } from "typebox";
import { nullable } from "./values";

export const RoleSchema = Type.Union([
  Type.Literal("viewer"),
  Type.Literal("reader"),
  Type.Literal("admin"),
  Type.Literal("system"),
]);

export const NewKeySchema = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 100,
      pattern: "^[^\\u0000]*$",
      description: "Whose it is; no patient",
    }),
    role: RoleSchema,
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650, description: "Expires after so many" })),
  },
  { additionalProperties: false },
);

export const KeySchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: RoleSchema,
  created_at: Type.String({ format: "date-time" }),
  expires_at: nullable(Type.String({ format: "date-time" })),
  revoked_at: nullable(Type.String({ format: "date-time" })),
});
export type Key = Static<typeof KeySchema>;

export const MadeKeySchema = Type.Object({
  ...KeySchema.properties,
  key: Type.String({ description: "Shown this once" }),
});

export const KeyListSchema = Type.Object({ keys: Type.Array(KeySchema) });
