/**
 * @file Errors on their way to a client: problem details (RFC 9457).
 */
import { type Static, Type } from "typebox";

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: "about:blank, or an address that explains it" }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String({ description: "What was given, what was wanted, how to mend it; English" })),
    detail_shown: Type.String({
      description: "What happened and what to do, in the language of the request; for readers",
    }),
    code: Type.Optional(Type.String({ description: "For programs; never changes" })),
    instance: Type.Optional(Type.String({ description: "Identifier of the request, as the log has it" })),
  },
  { description: "RFC 9457" },
);
export type Problem = Static<typeof ProblemSchema>;
