/**
 * @file Values that several answers and requests hold.
 */
import { Type } from "typebox";

export const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

/** PS3.5 9.1: components of digits, 64 characters at most. */
export const UidSchema = Type.String({ pattern: "^[0-9]+(\\.[0-9]+)*$", maxLength: 64 });

/** A reason for readers, beside the field that has it in English: what happened, and what to do. */
export const SHOWN = nullable(Type.String({ description: "The same in the language that is asked for" }));
