/**
 * @file The OpenAPI document, made from the schemas that validate.
 */
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { ProblemSchema } from "@fovea/core/contract/problem";
import type { FastifySchema } from "fastify";
import { VERSION } from "../version";
import type { Permission } from "./auth/permissions";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Field of the form that carries files, and whether several may come. */
    form?: { readonly field: string; readonly several: boolean };
    /** Media types other than JSON that the route answers with. */
    answers?: readonly string[];
  }
}

/** Answers of errors, for every route. */
export const PROBLEMS = { "4xx": ProblemSchema, "5xx": ProblemSchema } as const;

export function apiDescription(): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Fovea",
        description: "Lesion detection in medical images. For research use; not a medical device.",
        version: VERSION,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "An API key, or a token of OpenID Connect" },
          key: { type: "apiKey", in: "header", name: "X-Api-Key" },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      const { permission, form, answers } = route.config ?? {};
      const described = { ...(schema ?? {}), ...accessOf(permission) } as FastifySchema & Record<string, unknown>;
      if (form !== undefined) Object.assign(described, bodyOf(form));
      if (answers !== undefined) described.produces = [...answers];
      return { schema: described, url };
    },
  };
}

function accessOf(permission: Permission | undefined) {
  if (permission === undefined || permission === "public") return { security: [] };
  return { security: [{ bearer: [] }, { key: [] }], description: `Roles: ${permission.join(", ")}` };
}

function bodyOf({ field, several }: { readonly field: string; readonly several: boolean }) {
  const file = { type: "string", format: "binary" };
  return {
    consumes: ["multipart/form-data"],
    body: {
      type: "object",
      required: [field],
      properties: { [field]: several ? { type: "array", items: file } : file },
    },
  };
}
