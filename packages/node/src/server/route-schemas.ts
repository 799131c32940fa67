/**
 * @file Pieces of schemas that several routes share.
 */
import { Type } from "typebox";

export const LangSchema = Type.Optional(
  Type.Union([Type.Literal("zh"), Type.Literal("en")], {
    description: "Language of the answer. @default as Accept-Language says; Chinese where it says nothing",
  }),
);

export const LangQuery = Type.Object({ lang: LangSchema }, { additionalProperties: false });

/** Free text; a database takes none with NUL in it. */
export function textSchema(maxLength: number, description?: string) {
  return Type.String({ minLength: 1, maxLength, pattern: "^[^\\u0000]*$", ...(description && { description }) });
}

/** `next` of the page before. */
export const CursorSchema = Type.Optional(Type.String({ maxLength: 200, pattern: "^[A-Za-z0-9._:|=+/-]+$" }));

export function limitSchema(most: number, usual: number) {
  return Type.Optional(Type.Integer({ minimum: 1, maximum: most, default: usual }));
}
