import { FoveaError } from "@fovea/core/errors";
import { describe, expect, test } from "vitest";
import { failureOf, HttpProblem, problemOf } from "./problem";

const problem = (error: unknown) => problemOf(error, "0190").problem;

describe("problemOf", () => {
  test.each([
    [new FoveaError("invalid_image", "damaged PNG of 12 bytes"), 422],
    [new FoveaError("unknown_model", "no model lung"), 404],
    [new FoveaError("busy", "full"), 429],
    [new FoveaError("timed_out", "late"), 503],
    [new FoveaError("network_hung", "device cpu: late"), 503],
    [new FoveaError("disk_full", "no room on /data"), 507],
    [new FoveaError("database_unavailable", "connect ECONNREFUSED 10.0.0.5"), 503],
    [new FoveaError("not_allowed", "no"), 403],
    [new FoveaError("runtime_failed", "at /opt/x"), 500],
    [new HttpProblem(413, "too large"), 413],
    [new Error("a bug"), 500],
    ["thrown text", 500],
    [Object.assign(new Error("x"), { statusCode: 404 }), 404],
    [Object.assign(new Error("x"), { statusCode: 200 }), 500],
    [Object.assign(new Error("x"), { statusCode: "abc" }), 500],
  ])("gives %s the status %d", (error, status) => {
    expect(problem(error)).toMatchObject({ status, type: "about:blank", instance: "urn:uuid:0190" });
  });

  test("tells a client what is wrong with its request, without the name of its file", () => {
    const error = new FoveaError("invalid_dicom", "missing; an image needs it", {
      file: "Curie^Marie.dcm",
      at: "Rows",
    });
    expect(problem(error)).toMatchObject({ detail: "Rows: missing; an image needs it", code: "invalid_dicom" });
    const again = new FoveaError("invalid_image", "Curie^Marie.png is no PNG", { file: "Curie^Marie.png" });
    expect(JSON.stringify(problem(again))).not.toContain("Curie");
  });

  test.each([
    new FoveaError("database_unavailable", "postgres://user:secret@10.0.0.5"),
    new FoveaError("runtime_failed", "secret"),
    new FoveaError("file_not_found", "no such model file", { file: "/srv/secret/model.onnx" }),
    new FoveaError("invalid_onnx", "/srv/secret/model.onnx is none", { file: "/srv/secret/model.onnx" }),
    new Error("secret"),
    Object.assign(new Error("secret"), { statusCode: 502 }),
    Object.assign(new Error("secret"), { statusCode: 418 }),
  ])("tells nothing of what is not the client's: %s", (error) => {
    expect(JSON.stringify(problem(error))).not.toContain("secret");
  });

  test("names the parameter that broke a rule, not its value", () => {
    const validation = [{ instancePath: "/uid", message: "must match pattern" }];
    const error = Object.assign(new Error("params/uid Curie"), {
      statusCode: 400,
      validation,
      validationContext: "params",
    });
    expect(problem(error)).toMatchObject({ status: 400, detail: "params: uid must match pattern" });
  });

  test.each([
    // As Ajv has it of `?format=pdf` against a union of two words.
    [
      "the words there are to choose from, once",
      [
        {
          instancePath: "/format",
          keyword: "const",
          message: "must be equal to constant",
          params: { allowedValue: "json" },
        },
        {
          instancePath: "/format",
          keyword: "const",
          message: "must be equal to constant",
          params: { allowedValue: "sr" },
        },
        { instancePath: "/format", keyword: "anyOf", message: "must match a schema in anyOf", params: {} },
      ],
      "querystring: format must be one of json, sr",
    ],
    [
      "a parameter that nobody knows",
      [
        {
          instancePath: "",
          keyword: "additionalProperties",
          message: "must NOT have additional properties",
          params: { additionalProperty: "lang" },
        },
      ],
      'querystring: "lang" is unknown here',
    ],
  ])("names %s", (_, validation, detail) => {
    const error = Object.assign(new Error("x"), { statusCode: 400, validation, validationContext: "querystring" });
    expect(problem(error)).toMatchObject({ status: 400, detail });
  });

  test("says when to come again", () => {
    expect(problemOf(new FoveaError("busy", "full"), "1").retryAfterS).toBe(1);
    expect(problemOf(new HttpProblem(429, "", { retryAfterS: 30 }), "1").retryAfterS).toBe(30);
    expect(problemOf(new FoveaError("invalid_image", "x"), "1").retryAfterS).toBeUndefined();
  });
});

test("failureOf says why an image of a batch failed, and nothing of a bug", () => {
  expect(failureOf(new FoveaError("invalid_image", "no image"))).toEqual({
    code: "invalid_image",
    message: "no image",
  });
  expect(failureOf(new Error("secret"))).toEqual({ code: "internal", message: "Internal error" });
});
