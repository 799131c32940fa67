import { FoveaError } from "@fovea/core/errors";
import { tell } from "@fovea/core/reasons/tell";
import { describe, expect, test } from "vitest";
import { failureOf, HttpProblem, problemOf } from "./problem";

const problem = (error: unknown) => problemOf(error, "0190", "en").problem;

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
    [new HttpProblem(413, tell("fileTooLarge")), 413],
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

  test.each([
    [new HttpProblem(404, tell("noStudy")), "no such study", "没有该检查；请在检查列表中核对"],
    [
      new HttpProblem(403, tell("roleMayNot", { role: "viewer", allowed: "reader, admin" }), { code: "not_allowed" }),
      "role viewer may not; reader, admin may",
      "角色 viewer 无此权限，需要以下角色之一：reader, admin；如有需要请联系管理员",
    ],
    [
      new HttpProblem(401),
      "give a key as `Authorization: Bearer ...` or `X-Api-Key: ...`",
      "请求未带密钥；请以 Authorization: Bearer ... 或 X-Api-Key: ... 给出密钥",
    ],
    [
      new FoveaError("invalid_dicom", "missing; an image needs it", { file: "Curie.dcm", at: "Rows" }),
      "Rows: missing; an image needs it",
      "DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送（Rows: missing; an image needs it）",
    ],
    [
      new FoveaError("busy", "secret"),
      "as many images wait as there is room for; ask again after Retry-After seconds",
      "服务繁忙，等待的任务已满；请稍后重试",
    ],
    [
      new FoveaError("runtime_failed", "secret"),
      "the log has more under this request's identifier",
      "模型运行时出错；请重新分析，若再次失败请联系管理员",
    ],
    [
      new Error("secret"),
      "the log has more under this request's identifier",
      "服务内部出错；请重试，若再次失败请把请求编号告知管理员",
    ],
    [
      Object.assign(new Error("x"), { statusCode: 404 }),
      "nothing is here; GET /openapi.json describes every route",
      "内容不存在，或已被移除；请核对地址（GET /openapi.json 列出全部地址）",
    ],
    [
      Object.assign(new Error("x"), {
        statusCode: 400,
        validation: [{ instancePath: "/limit", message: "must be <= 200" }],
        validationContext: "querystring",
      }),
      "querystring: limit must be <= 200",
      "给出的内容不符合要求；请按提示更正后重试（querystring: limit must be <= 200）",
    ],
  ])("tells programs in English and readers in Chinese: %s", (error, english, chinese) => {
    const { detail, detail_shown } = problemOf(error, "1", "zh").problem;
    expect([detail, detail_shown]).toEqual([english, chinese]);
  });

  test("tells readers of English what the status means where there is nothing else to tell", () => {
    expect(problem(new HttpProblem(409)).detail_shown).toBe("Conflict");
    expect(problem(new HttpProblem(404, tell("noStudy"))).detail_shown).toBe("no such study");
  });

  test("says when to come again", () => {
    expect(problemOf(new FoveaError("busy", "full"), "1", "en").retryAfterS).toBe(1);
    expect(problemOf(new HttpProblem(429, "", { retryAfterS: 30 }), "1", "en").retryAfterS).toBe(30);
    expect(problemOf(new FoveaError("invalid_image", "x"), "1", "en").retryAfterS).toBeUndefined();
  });
});

test("failureOf says why an image of a batch failed, and nothing of a bug", () => {
  expect(failureOf(new FoveaError("invalid_image", "no image"), "zh")).toEqual({
    code: "invalid_image",
    message: "no image",
    message_shown: "图像文件已损坏或格式不受支持，无法读取；请重新导出或重新发送（no image）",
  });
  expect(failureOf(new Error("secret"), "zh")).toEqual({
    code: "internal",
    message: "Internal error",
    message_shown: "程序内部出错；请重试，若再次失败请告知管理员",
  });
});
