import { FoveaError } from "@fovea/core/errors";
import { parseRules } from "@fovea/core/rules/rule-file";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { dicomBytes, greyElements } from "../../../core/test/dicom-bytes";
import { bearer, form, MODEL, removeFolders, START_MS, startService, type TestService, THREE } from "./service";

const RULES = parseRules(
  `version: "2026-11"
rules:
  - when: {classes: [nodule], confidence: {above: 0.8}}
    category: {zh: 恶性, en: malignant}
    suggestion: {zh: 建议活检, en: biopsy}
`,
  { file: "rules.yaml", sha256: "ab".repeat(32) },
);

let service: TestService;
beforeAll(async () => {
  service = await startService({
    rules: RULES,
    yaml: "http: {batch_job_above: 3, requests_per_minute: 100000}\nclass_names: {zh: {mass: 肿块}}",
  });
}, START_MS);
afterAll(async () => {
  await service.close();
  removeFolders();
});
beforeEach(() => {
  service.pool.answer = async () => THREE;
});

const file = (name: string, filename: string, text = filename) => ({ name, filename, bytes: Buffer.from(text) });

async function post(url: string, { payload, headers }: ReturnType<typeof form>, more: Record<string, string> = {}) {
  return service.app.inject({
    method: "POST",
    url,
    payload,
    headers: { ...headers, ...bearer(service.keys.reader), ...more },
  });
}

describe("POST /analyze/image", () => {
  test("answers the keys and the sentence that our users' clients read", async () => {
    const answer = await post("/analyze/image", form(file("file", "a.png")));
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      filename: "a.png",
      detection_count: 3,
      detections: [
        { class: "nodule", confidence: 0.91, bbox: { x1: 100, y1: 10, x2: 120, y2: 40 }, width: 20, height: 30 },
        { class: "肿块", confidence: 0.62, bbox: { x1: 200, y1: 10, x2: 220, y2: 40 }, width: 20, height: 30 },
        { class: "nodule", confidence: 0.41, bbox: { x1: 300, y1: 10, x2: 320, y2: 40 }, width: 20, height: 30 },
      ],
      summary: "共检测到3处病灶，包括：2个nodule、1个肿块。其中1处置信度较高，建议重点关注。",
      model_version: MODEL.modelId,
      inference_time_ms: 12.5,
      width: 512,
      height: 400,
    });
  });

  test.each([
    ["/analyze/image?lang=en", {}, "3 lesions detected: 2 nodule, 1 mass. 1 of high confidence"],
    ["/analyze/image", { "accept-language": "en-GB,en;q=0.9" }, "3 lesions detected"],
    ["/analyze/image?lang=zh", { "accept-language": "en" }, "共检测到3处病灶"],
  ])("speaks as it is asked: %s %j", async (url, headers, sentence) => {
    expect((await post(url, form(file("file", "a.png")), headers)).json().summary).toContain(sentence);
  });

  test("says so where nothing was found", async () => {
    service.pool.answer = async () => [];
    expect((await post("/analyze/image", form(file("file", "a.png")))).json()).toMatchObject({
      detection_count: 0,
      detections: [],
      summary: "未检测到明显病灶",
    });
  });

  test("gives millimetres where the image says its spacing", async () => {
    service.pool.answer = async () => [{ ...THREE[0], sizeMm: { width: 3.5, height: 5.25 } }];
    expect((await post("/analyze/image", form(file("file", "a.dcm")))).json().detections[0]).toMatchObject({
      width_mm: 3.5,
      height_mm: 5.25,
    });
  });

  test("leaves a trace with the hashes of input, model and rules, and keeps no image", async () => {
    await post("/analyze/image", form(file("file", "trace.png", "abc")));
    const [entry] = await service.store.audit.list({ action: "image.analyse", limit: 1 });
    expect(entry).toMatchObject({
      actor: expect.stringMatching(/^key:/),
      // SHA-256 of "abc": FIPS 180-4, example B.1.
      inputSha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      modelSha256: MODEL.sha256,
      rulesSha256: "ab".repeat(32),
    });
    expect((await service.store.studyList.page({}, { showPatient: true, language: "en" })).studies).toEqual([]);
  });

  test.each([
    ["no form", { payload: Buffer.from("{}"), headers: { "content-type": "application/json" } }, 415],
    ["no file", form(), 400],
    ["another field", form(file("picture", "a.png")), 400],
    ["two files", form(file("file", "a.png"), file("file", "b.png")), 413],
    [
      "a form that breaks off",
      { ...form(file("file", "a.png")), payload: form(file("file", "a.png")).payload.subarray(0, 120) },
      400,
    ],
  ])("refuses %s", async (_, body, status) => {
    const answer = await post("/analyze/image", body);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.json()).toMatchObject({ status, type: "about:blank", instance: expect.stringMatching(/^urn:uuid:/) });
  });

  test("tells why a file cannot be read, without its name", async () => {
    service.pool.answer = async ({ filename }) => {
      throw new FoveaError("invalid_image", "0 bytes, expected an image", { file: filename });
    };
    const answer = await post("/analyze/image", form(file("file", "Curie^Marie.png")));
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: "invalid_image", detail: "0 bytes, expected an image" });
    expect(answer.body).not.toContain("Curie");
  });

  test("says when to come again where the pool is full", async () => {
    service.pool.answer = async () => {
      throw new FoveaError("busy", "256 images wait");
    };
    const answer = await post("/analyze/image", form(file("file", "a.png")));
    expect(answer.statusCode).toBe(429);
    expect(answer.headers["retry-after"]).toBe("7");
  });

  test("tells nothing of a fault of its own", async () => {
    service.pool.answer = async () => {
      throw new Error("Curie^Marie at /data/images");
    };
    const answer = await post("/analyze/image", form(file("file", "a.png")));
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toMatch(/Curie|data|at /);
  });
});

describe("POST /analyze/batch", () => {
  test("reports a broken file in its place; means are over those that could be read", async () => {
    service.pool.answer = async ({ bytes }) => {
      if (Buffer.from(bytes).toString() === "bad")
        throw new FoveaError("invalid_image", "damaged PNG", { file: "image" });
      return Buffer.from(bytes).toString() === "none" ? [] : THREE;
    };
    const files = [file("files", "1.png"), file("files", "2.png", "bad"), file("files", "3.png", "none")];
    const answer = await post("/analyze/batch?lang=en", form(...files));
    expect(answer.statusCode).toBe(200);
    // Three findings in two images that could be read: 1.5.
    expect(answer.json()).toMatchObject({ total_images: 3, total_detections: 3, average_detections_per_image: 1.5 });
    expect(answer.json().results).toMatchObject([
      { filename: "1.png", detection_count: 3 },
      { filename: "2.png", error: { code: "invalid_image", message: "damaged PNG" } },
      { filename: "3.png", detection_count: 0, summary: "No evident lesion detected" },
    ]);
  });

  test("ends as a whole where the pool is full", async () => {
    service.pool.answer = async () => {
      throw new FoveaError("busy", "full");
    };
    expect((await post("/analyze/batch", form(file("files", "1.png")))).statusCode).toBe(429);
  });

  test("that ends within a file is the client's fault, before and after it became a job", async () => {
    const names = ["1.png", "2.png", "3.png", "4.png", "5.png"];
    const { payload, headers } = form(...names.map((name) => file("files", name, "x".repeat(500))));
    for (const length of [300, 2500, payload.length - 200]) {
      const answer = await post("/analyze/batch", { payload: payload.subarray(0, length), headers });
      expect([length, answer.statusCode]).toEqual([length, 400]);
    }
  });

  test("becomes a job above a number of files", async () => {
    const names = ["1.png", "2.png", "3.png", "4.png", "病人.png"];
    service.pool.answer = async ({ bytes }) => {
      if (Buffer.from(bytes).toString() === "4.png")
        throw new FoveaError("invalid_image", "damaged", { file: "image" });
      return THREE;
    };
    const answer = await post("/analyze/batch", form(...names.map((name) => file("files", name))));
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ state: expect.stringMatching(/queued|running|done/), total: 5 });
    expect(answer.headers.location).toBe(answer.json().status_url);
    await service.queue.stop();

    const ask = (url: string, key = service.keys.reader) => service.app.inject({ url, headers: bearer(key) });
    const status = await ask(answer.json().status_url);
    expect(status.json()).toMatchObject({ state: "done", total: 5, done: 5, failed: 1 });
    const results = (await ask(`${answer.json().status_url}/results`)).json();
    expect(results).toMatchObject({ total_images: 5, total_detections: 12, average_detections_per_image: 3 });
    expect(results.results.map(({ filename }: { filename: string }) => filename)).toEqual(names);
    expect(results.results[3].error).toEqual({
      code: "invalid_image",
      message: "damaged",
      message_shown: "图像文件已损坏或格式不受支持，无法读取；请重新导出或重新发送（damaged）",
    });
    expect((await ask(`${answer.json().status_url}/results?from=4&limit=1`)).json().results).toHaveLength(1);

    const events = await ask(`${answer.json().status_url}/events`);
    expect(events.headers["content-type"]).toContain("text/event-stream");
    expect(events.body).toMatch(/^event: end\ndata: \{.*"state":"done".*\}\n\n$/);
    // Somebody else's job is not there; for an admin it is.
    expect((await ask(answer.json().status_url, service.keys.system)).statusCode).toBe(404);
    expect((await ask(answer.json().status_url, service.keys.admin)).statusCode).toBe(200);
  });

  test("records a file within which the process ended three times as failed, and goes on with the rest", async () => {
    service.pool.answer = async () => THREE;
    service.queue.held = true;
    const files = ["0", "1", "2", "3", "4"].map((name) => file("files", name));
    const job = (await post("/analyze/batch", form(...files))).json();
    await service.store.database.query("UPDATE batch_file SET begun = 3 WHERE job_id::text = $1 AND ordinal = 3", [
      job.id,
    ]);
    service.queue.held = false;
    const before = service.pool.requests.length;
    await service.queue.add("batch", { job: job.id });
    await service.queue.stop();
    const url = `${job.status_url}/results`;
    const { results } = (await service.app.inject({ url, headers: bearer(service.keys.reader) })).json();
    expect(results[3].error).toEqual({
      code: "invalid_image",
      message: "the program ended 3 times while it analysed this image",
      message_shown: "分析该图像时程序3次异常终止，已不再尝试；图像文件可能已损坏，请重新导出或人工阅片",
    });
    expect(results.filter((one: object) => "error" in one)).toHaveLength(1);
    expect(service.pool.requests.length - before).toBe(1);
  });

  test("that is given up ends, and says so of each file that it did not come to", async () => {
    service.pool.answer = async () => THREE;
    service.queue.held = true;
    const files = ["0", "1", "2", "3", "4"].map((name) => file("files", name));
    const job = (await post("/analyze/batch", form(...files))).json();
    const before = job.done;
    await service.queue.givenUp.get("batch")?.({ job: job.id });
    service.queue.held = false;
    const ask = async (url: string) => (await service.app.inject({ url, headers: bearer(service.keys.reader) })).json();
    expect(await ask(job.status_url)).toMatchObject({ state: "done", done: 5, failed: 5 - before });
    const { results } = await ask(`${job.status_url}/results`);
    const message = "the batch was begun many times and never came to its end; send this file again";
    expect(results.slice(before)).toEqual(
      ["0", "1", "2", "3", "4"].slice(before).map((filename) => ({
        filename,
        error: {
          ...{ code: "internal", message },
          message_shown: "该批次多次开始而未能完成，已放弃；请重新上传该文件",
        },
      })),
    );
    const left = await service.store.batchJobs.files(job.id);
    expect(left.map(({ blob }) => blob)).toEqual(left.map(() => undefined));
  });

  describe("with a file that is not to blame", () => {
    const ask = (url: string) => service.app.inject({ url, headers: bearer(service.keys.reader) });
    const again = async (job: { id: string }) => {
      await service.queue.add("batch", { job: job.id });
      await service.queue.stop();
    };
    const failing = (error: Error) => {
      service.pool.answer = async ({ bytes }) => {
        if (Buffer.from(bytes).toString() === "3") throw error;
        return THREE;
      };
    };
    const sent = async () => {
      const job = (
        await post("/analyze/batch?lang=en", form(...["0", "1", "2", "3", "4"].map((n) => file("files", n))))
      ).json();
      await service.queue.stop();
      return job;
    };

    test.each([
      new FoveaError("timed_out", "no answer within 60 s"),
      new FoveaError("out_of_memory", "no room"),
      new FoveaError("runtime_failed", "a thread of the network was lost"),
      new TypeError("a mistake of ours"),
    ])("goes on with those behind it and tries that one again: %s", async (error) => {
      failing(error);
      const job = await sent();
      expect((await ask(job.status_url)).json()).toMatchObject({ state: "running", done: 4, failed: 0 });
      service.pool.answer = async () => THREE;
      await again(job);
      expect((await ask(job.status_url)).json()).toMatchObject({ state: "done", done: 5, failed: 0 });
      expect((await ask(`${job.status_url}/results`)).json().total_detections).toBe(15);
    });

    test("says that it failed when it was tried five times within a quarter of an hour", async () => {
      failing(new FoveaError("timed_out", "no answer within 60 s"));
      const job = await sent();
      const { database } = service.store;
      const since = (minutes: number) =>
        database.query(
          "UPDATE batch_file SET tried_since = now() - $2 * interval '1 minute' WHERE job_id::text = $1 AND ordinal = 3",
          [job.id, minutes],
        );
      await since(16);
      for (let tries = 2; tries <= 4; tries++) await again(job);
      expect((await ask(job.status_url)).json()).toMatchObject({ state: "running", done: 4, failed: 0 });
      await again(job);
      expect((await ask(job.status_url)).json()).toMatchObject({ state: "done", done: 5, failed: 1 });
      const { results } = (await ask(`${job.status_url}/results`)).json();
      expect(results[3].error).toEqual({
        code: "timed_out",
        message: "not finished in time; ask again later",
        message_shown:
          "it was not finished in time; try again later, and if that does not help tell your administrator",
      });
    });
  });

  test("is cancelled between two files", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    service.pool.answer = async ({ bytes }) => {
      if (Number(Buffer.from(bytes).toString()) >= 3) await held;
      return THREE;
    };
    const files = ["0", "1", "2", "3", "4", "5"].map((name) => file("files", name));
    const job = (await post("/analyze/batch", form(...files))).json();
    const cancelled = await service.app.inject({
      method: "DELETE",
      url: job.status_url,
      headers: bearer(service.keys.reader),
    });
    expect(cancelled.json()).toMatchObject({ state: "cancelled" });
    release();
    await service.queue.stop();
    const status = await service.app.inject({ url: job.status_url, headers: bearer(service.keys.reader) });
    expect(status.json()).toMatchObject({ state: "cancelled" });
    expect(status.json().done).toBeLessThan(6);
  });
});

describe("POST /detect", () => {
  test("reports what exceeds the confidence of the rules, with what they say of it", async () => {
    const answer = await post("/detect?lang=en", form(file("file", "chest.png", "chest")));
    expect(answer.statusCode).toBe(200);
    const { study_id, findings, ...rest } = answer.json();
    expect(rest).toEqual({
      model_version: MODEL.modelId,
      rules_version: "2026-11@abababababab",
      inference_time_ms: 12.5,
    });
    expect(findings).toEqual([
      {
        type: "nodule",
        location: { x: 100, y: 10, width: 20, height: 30 },
        confidence: 0.91,
        category: "malignant",
        suggestion: "biopsy",
        image: expect.stringMatching(/^\/instances\/2\.25\.\d+\/frames\/0$/),
      },
      {
        type: "mass",
        location: { x: 200, y: 10, width: 20, height: 30 },
        confidence: 0.62,
        category: null,
        suggestion: null,
        image: findings[0].image,
      },
    ]);
    // The image is kept, and its study is there, under its own identifier however often it comes.
    const study = await service.app.inject({ url: `/studies/${study_id}`, headers: bearer(service.keys.reader) });
    expect(study.json()).toMatchObject({
      study: { study_uid: study_id, state: "analysed", findings: 2, instances: 1 },
    });
    expect((await post("/detect", form(file("file", "again.png", "chest")))).json().study_id).toBe(study_id);
    expect((await service.store.studyList.page({}, { showPatient: true, language: "en" })).studies).toHaveLength(1);
  });

  test("speaks Chinese where nothing is asked", async () => {
    const { findings } = (await post("/detect", form(file("file", "a.png")))).json();
    expect(findings[0]).toMatchObject({ category: "恶性", suggestion: "建议活检" });
    expect(findings[1].type).toBe("肿块");
  });
});

test("millimetres that were measured at a detector are called so, in the answer and in the report", async () => {
  const { pool } = service;
  const analyse = pool.analyse.bind(pool);
  pool.analyse = async (request) => {
    const analysis = await analyse(request);
    const spacingMm = { row: 0.2, column: 0.1, source: "ImagerPixelSpacing" } as const;
    const sizeMm = { width: 2, height: 6 };
    const images = analysis.images.map((image) => ({
      ...image,
      spacingMm,
      findings: image.findings.map((finding) => ({ ...finding, sizeMm })),
    }));
    return { ...analysis, images };
  };
  try {
    const bytes = dicomBytes(
      greyElements(400, 512, new Uint8Array(2 * 400 * 512), [
        [0x00181164, "DS", "0.2\\0.1"],
        [0x0020000d, "UI", "1.2.3"],
      ]),
    );
    const upload = form({ name: "file", filename: "dx.dcm", bytes });
    const answer = (await post("/analyze/image", upload)).json();
    expect(answer.detections[0]).toMatchObject({ width_mm: 2, height_mm: 6 });
    expect(answer.warnings).toEqual(["sizes in mm are at the plane of the detector, not corrected for magnification"]);
    const { study_id } = (await post("/detect", upload)).json();
    const page = await service.app.inject({
      url: `/studies/${study_id}/report?format=html`,
      headers: bearer(service.keys.reader),
    });
    expect(page.body).toContain("0.2 × 0.1 mm (ImagerPixelSpacing, at the detector, magnified)");
  } finally {
    pool.analyse = analyse;
  }
});

describe("a file of which some frames could not be read", () => {
  /** Two frames, the second one broken, nothing found in the first. */
  const partly = async () => {
    const { pool } = service;
    const analyse = pool.analyse.bind(pool);
    pool.answer = async () => [];
    pool.analyse = async (request) => {
      const analysis = await analyse(request);
      const error = { code: "invalid_dicom" as const, message: "cut short" };
      const [first] = analysis.images;
      const broken = { file: first.file, frame: 1, width: 0, height: 0, findings: [], error };
      return { ...analysis, images: [{ ...first, frame: 0 }, broken] };
    };
    return () => {
      pool.analyse = analyse;
    };
  };

  test("is said to be read whole once it was, with what was found then; not the other way round", async () => {
    const upload = form(file("file", "cine.dcm", "read whole at the second time"));
    const ask = (url: string) => service.app.inject({ url, headers: bearer(service.keys.reader) });
    const detail = async (study: string) => {
      const { series, findings } = (await ask(`/studies/${study}?lang=en`)).json();
      return [series[0].state, series[0].reason, findings.map((one: { class: string }) => one.class)];
    };
    let restore = await partly();
    const { study_id } = (await post("/detect", upload)).json();
    expect(await detail(study_id)).toEqual(["analysed", "1 of 2 frames could not be analysed", []]);
    restore();
    service.pool.answer = async () => THREE;
    expect((await post("/detect", upload)).json().findings).toHaveLength(2);
    expect(await detail(study_id)).toEqual(["analysed", null, ["nodule", "mass"]]);
    // The machine had less time for it now: what was found before is not taken back.
    restore = await partly();
    await post("/detect", upload);
    expect(await detail(study_id)).toEqual(["analysed", null, ["nodule", "mass"]]);
    restore();
    service.pool.answer = async () => THREE;
  });

  test("does not read as if nothing had been found in them", async () => {
    const restore = await partly();
    try {
      const zh = (await post("/analyze/image", form(file("file", "two.dcm")))).json();
      expect(zh.summary).toBe("未检测到明显病灶。2帧中有1帧未能分析。");
      expect(zh.warnings).toEqual(["frame 1: not read (invalid_dicom)"]);
      expect(zh.warnings_shown).toEqual([
        "第1帧（从0数起）未能读取，对该帧不作任何结论：DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送",
      ]);
      const en = (await post("/analyze/image?lang=en", form(file("file", "two.dcm")))).json();
      expect(en.summary).toBe("No evident lesion detected. 1 of 2 frames could not be analysed.");
      const { study_id, warnings } = (await post("/detect", form(file("file", "two.dcm")))).json();
      expect(warnings).toEqual(["frame 1: not read (invalid_dicom)"]);
      const { series, study } = await service.app
        .inject({ url: `/studies/${study_id}`, headers: bearer(service.keys.reader) })
        .then((answer) => answer.json());
      expect(series[0].reason).toBe("1 of 2 frames could not be analysed");
      expect(study.reason).toBe("1 of 2 frames could not be analysed");
      expect([series[0].reason_shown, study.reason_shown]).toEqual(["2帧中有1帧未能分析", "2帧中有1帧未能分析"]);
    } finally {
      restore();
    }
  });
});
