import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { FoveaError } from "@fovea/core/errors";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { dicomBytes, greyElements } from "../../../core/test/dicom-bytes";
import { decodeImage } from "../../src/imaging/read-image";
import type { AnalysisRequest, ImageAnalysis } from "../../src/inference/inference-pool";
import { PictureThread } from "../../src/server/pictures/picture-thread";
import type { JudgedFinding } from "../../src/store/record";
import { received, SERIES, STUDY } from "../received-instances";
import { bearer, form, MODEL, removeFolders, START_MS, startService, type TestService, THREE } from "./service";

let service: TestService;
beforeAll(async () => {
  service = await startService({ yaml: "http: {requests_per_minute: 100000}" });
}, START_MS);
afterAll(async () => {
  await service.close();
  removeFolders();
});

const get = (url: string, role: keyof TestService["keys"] = "reader") =>
  service.app.inject({ url, headers: bearer(service.keys[role]) });

/** So many frames of 64 x 64 pixels. */
function cine(frames: number): Uint8Array {
  return dicomBytes(greyElements(64, 64, new Uint8Array(2 * 64 * 64 * frames), [[0x00280008, "IS", String(frames)]]));
}

async function kept(bytes: Uint8Array): Promise<string> {
  const draft = await service.store.blobs.draft("images");
  await new Promise<void>((resolve, reject) => {
    draft.stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
  return (await draft.commit()).blob;
}

/** Sends a file of two frames to /detect; the second cannot be read. @returns its study and image */
async function partlyRead(findings: typeof THREE, name: string): Promise<{ study: string; image: string }> {
  const { pool } = service;
  const analyse = pool.analyse.bind(pool);
  pool.analyse = async (request: AnalysisRequest): Promise<ImageAnalysis> => {
    const analysis = await analyse(request);
    const [image] = analysis.images;
    const error = { code: "invalid_dicom", message: "cut short" } as const;
    const broken = { ...image, frame: 1, width: 0, height: 0, findings: [], error };
    return { ...analysis, images: [{ ...image, frame: 0, findings }, broken] };
  };
  try {
    const { payload, headers } = form({
      name: "file",
      filename: name,
      bytes: Buffer.concat([cine(2), Buffer.from(name)]),
    });
    const asked = {
      method: "POST",
      url: "/detect",
      payload,
      headers: { ...headers, ...bearer(service.keys.reader) },
    } as const;
    const study = (await service.app.inject(asked)).json().study_id;
    const [{ instances }] = (await get(`/studies/${study}`)).json().series;
    return { study, image: instances[0].sop_uid };
  } finally {
    pool.analyse = analyse;
  }
}

interface StudyImage {
  readonly findings: readonly JudgedFinding[];
  /** @default 1 */
  readonly frames?: number;
  /** @default 0 */
  readonly unreadFrames?: number;
  /** @default no file is there */
  readonly blob?: string;
}

const withoutStyle = (page: string) => page.replace(/<style>.*?<\/style>/gs, "");

describe("a study", () => {
  test("hides descriptions, in which names stand, from those who do not see patients", async () => {
    await service.store.studies.accept([received(1, { seriesDescription: "Thorax Apolonia" })]);
    const asReader = (await get(`/studies/${STUDY}`)).json();
    expect([asReader.study.description, asReader.series[0].description]).toEqual(["Thorax", "Thorax Apolonia"]);
    const asViewer = await get(`/studies/${STUDY}`, "viewer");
    expect(asViewer.json().series[0]).toMatchObject({ series_uid: SERIES, description: null });
    expect(asViewer.body).not.toMatch(/Curie|P-4711|Thorax|Apolonia/);
  });
});

describe("annotated.png", () => {
  const annotated = (sopUid: string, frame = 0) => get(`/instances/${sopUid}/annotated.png?frame=${frame}`, "viewer");

  test("has all findings of its frame, however many the others have", async () => {
    const { store } = service;
    const image = received(31, {
      studyUid: "2.25.31",
      seriesUid: "2.25.31.1",
      frames: 300,
      blob: await kept(cine(300)),
    });
    await store.studies.accept([image]);
    // 1500, of which a page of the list has 1000. Each frame has five boxes side by side.
    const lefts = [2, 14, 26, 38, 50];
    const findings = Array.from({ length: 1500 }, (_, i) => ({
      ...{ ...THREE[0], frame: i % 300 },
      box: { x1: lefts[Math.floor(i / 300)], y1: 30, x2: lefts[Math.floor(i / 300)] + 8, y2: 60 },
    }));
    await store.analyses.record([{ sopUid: image.sopUid, modelId: MODEL.modelId, outcome: { findings } }]);
    for (const frame of [0, 150, 299]) {
      const { data, width } = await decodeImage((await annotated(image.sopUid, frame)).rawPayload, "annotated");
      const colours = lefts.map((x) => new Set(data.subarray(3 * (50 * width + x), 3 * (50 * width + x) + 3)).size);
      expect(colours.every((different) => different > 1)).toBe(true);
    }
  });

  test("is refused of an image at which nobody looked, or which could not be analysed: it would look clear", async () => {
    const { store } = service;
    const blob = await kept(cine(1));
    const [waiting, failed, clear] = [41, 42, 43].map((n) =>
      received(n, { studyUid: "2.25.41", seriesUid: "2.25.41.1", blob }),
    );
    await store.studies.accept([waiting, failed, clear]);
    await store.analyses.record([
      { sopUid: failed.sopUid, modelId: MODEL.modelId, outcome: { failure: "invalid_dicom: cut short" } },
      { sopUid: clear.sopUid, modelId: MODEL.modelId, outcome: { findings: [] } },
    ]);
    const answers = await Promise.all([waiting, failed, clear].map(({ sopUid }) => annotated(sopUid)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([409, 409, 200]);
    expect(answers[0].json().detail).toContain("was not analysed");
    expect(answers[1].json().detail).toContain("invalid_dicom: cut short");
    expect(answers.slice(0, 2).map((answer) => answer.json().detail_shown)).toEqual([
      "该图像未经分析，原因见其检查（GET /studies/:uid）",
      "该图像未能分析：DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送（cut short）",
    ]);
    // Without boxes it claims nothing.
    expect((await get(`/instances/${waiting.sopUid}/frames/0`)).statusCode).toBe(200);
  });

  test("is refused of a frame that may be one of those that could not be read", async () => {
    const { image } = await partlyRead(THREE, "a.dcm");
    expect((await annotated(image, 0)).statusCode).toBe(200);
    const unread = await annotated(image, 1);
    expect([unread.statusCode, unread.json().detail]).toEqual([
      409,
      "nothing was found in this frame, but it may be one that was not read: 1 of 2 frames could not be analysed",
    ]);
  });
});

describe("a report", () => {
  const report = (study: string, format: string) => get(`/studies/${study}/report?format=${format}&lang=en`);

  test("never says of an image that was not read whole that nothing was found in it", async () => {
    const { study } = await partlyRead([], "b.dcm");
    const page = withoutStyle((await report(study, "html")).body);
    expect(page).toContain("Note: of 1 images, 1 was not analysed, could not be, or not whole");
    expect(page).toContain("Not read whole: 1 of 2 frames could not be analysed.");
    expect(page).not.toContain('class="chip clear"');
    const [, row] = (await report(study, "csv")).body.split("\r\n");
    const cells = row.split(",");
    expect([cells[14], cells.at(-1)]).toEqual(new Array(2).fill("1 of 2 frames could not be analysed"));
    // As the analysis said: its boxes are of that size.
    expect(row.split(",").slice(1, 3)).toEqual(["512", "400"]);
    expect((await report(study, "png")).statusCode).toBe(409);
  });

  test("lists the findings of all images, also of those for whose pictures there is no room", async () => {
    const { store } = service;
    const image = received(81, { studyUid: "2.25.81", seriesUid: "2.25.81.1", frames: 30, blob: await kept(cine(30)) });
    await store.studies.accept([image]);
    const findings = Array.from({ length: 30 }, (_, frame) => ({ ...THREE[0], frame }));
    await store.analyses.record([{ sopUid: image.sopUid, modelId: MODEL.modelId, outcome: { findings } }]);
    await store.studies.setSeriesState("2.25.81.1", { state: "analysed", modelId: MODEL.modelId });
    const page = withoutStyle((await report("2.25.81", "html")).body);
    expect(page.match(/class="chip found"/g)).toHaveLength(30);
    expect(page.match(/<img /g)).toHaveLength(24);
    expect(page).not.toContain("not shown here");
  });

  test("counts no reports, key objects and the like among the images", async () => {
    const { store } = service;
    const place = { studyUid: "2.25.51", seriesUid: "2.25.51.1" };
    const enhancedSr = received(52, {
      ...{ studyUid: "2.25.51", seriesUid: "2.25.51.2", sopClassUid: "1.2.840.10008.5.1.4.1.1.88.22" },
      ...{ rows: 0, columns: 0, modality: "SR" },
    });
    const segmentation = received(53, {
      ...{ studyUid: "2.25.51", seriesUid: "2.25.51.3", sopClassUid: "1.2.840.10008.5.1.4.1.1.66.4", modality: "SEG" },
    });
    const image = received(51, place);
    await store.studies.accept([image, enhancedSr, segmentation]);
    await store.analyses.record([{ sopUid: image.sopUid, modelId: MODEL.modelId, outcome: { findings: [] } }]);
    await store.studies.setSeriesState("2.25.51.1", { state: "analysed", modelId: MODEL.modelId });
    const page = withoutStyle((await report("2.25.51", "html")).body);
    expect(page).toMatch(/<dt>.*Images.*<\/dt><dd>1<\/dd>/);
    expect(page).not.toContain("Note: of");
    expect((await report("2.25.51", "csv")).body.trim().split("\r\n")).toHaveLength(2);
  });

  test("says of a finding that a reader rejected it", async () => {
    const { store } = service;
    const image = received(61, { studyUid: "2.25.61", seriesUid: "2.25.61.1" });
    await store.studies.accept([image]);
    const findings = THREE.map((finding) => ({ ...finding, frame: 0 }));
    await store.analyses.record([{ sopUid: image.sopUid, modelId: MODEL.modelId, outcome: { findings } }]);
    await store.studies.setSeriesState("2.25.61.1", { state: "analysed", modelId: MODEL.modelId });
    const [mass] = (await store.analyses.list({ studyUid: "2.25.61", className: "mass" })).findings;
    await store.analyses.review(mass.findingId, { review: "rejected", actor: "somebody" });
    const page = withoutStyle((await report("2.25.61", "html")).body);
    expect(page.match(/<tr class="rejected">/g)).toHaveLength(1);
    expect(page).toContain("1 of them was rejected by a reader.");
  });

  /** A study of one series, whose images come to this in turn. */
  async function studyOf(uid: string, images: readonly (StudyImage | "failed")[]): Promise<void> {
    const { store } = service;
    const instances = images.map((image, i) =>
      received(i + 1, {
        ...{ studyUid: uid, seriesUid: `${uid}.1`, sopUid: `${uid}.1.${i + 1}` },
        ...(image !== "failed" && { frames: image.frames ?? 1, ...(image.blob && { blob: image.blob }) }),
      }),
    );
    await store.studies.accept(instances);
    await store.analyses.record(
      images.map((image, i) => ({
        ...{ sopUid: `${uid}.1.${i + 1}`, modelId: MODEL.modelId },
        ...(image !== "failed" && { unreadFrames: image.unreadFrames ?? 0 }),
        outcome: image === "failed" ? { failure: "timed_out: late" } : { findings: image.findings },
      })),
    );
    await store.studies.setSeriesState(`${uid}.1`, { state: "analysed", modelId: MODEL.modelId });
  }

  test("has each image that failed in its place, however many they are", async () => {
    await studyOf("2.25.101", new Array(40).fill("failed"));
    const page = withoutStyle((await report("2.25.101", "html")).body);
    expect(page.match(/could not be analysed: it was not finished in time; .*? \(late\)/g)).toHaveLength(40);
    expect(page).not.toContain("not shown here");
  });

  test("says how many of the images for which it has no room have findings", async () => {
    const findings = [{ ...THREE[0], frame: 0 }];
    await studyOf("2.25.102", new Array(1003).fill({ findings }));
    const page = withoutStyle((await report("2.25.102", "html")).body);
    expect(page).toContain("3 more images are not shown here, 3 of them with findings.");
  });

  test("counts a file of several frames as one image", async () => {
    const findings = [0, 1, 2].map((frame) => ({ ...THREE[0], frame }));
    await studyOf("2.25.103", [{ findings, frames: 4, unreadFrames: 1 }, { findings: [] }]);
    const page = withoutStyle((await report("2.25.103", "html")).body);
    expect(page.match(/class="chip found"/g)).toHaveLength(3);
    expect(page).toContain("Note: of 2 images, 1 was not analysed, could not be, or not whole");
    expect(page).toMatch(/<dt>.*Images.*<\/dt><dd>2<\/dd>/);
  });

  test("names every model that looked, not only those that found something", async () => {
    const { store } = service;
    const [finder, clearer] = ["finder@0123456789ab", "clearer@ba9876543210"];
    for (const [i, modelId] of [finder, clearer].entries()) {
      const [name] = modelId.split("@");
      await store.models.put(
        { ...MODEL, modelId, name, sha256: `${i}`.repeat(64), deviceUid: `2.25.99.${i}` },
        "ready",
      );
      const place = { studyUid: "2.25.104", seriesUid: `2.25.104.${i}`, sopUid: `2.25.104.${i}.1` };
      await store.studies.accept([received(i + 1, place)]);
      const findings = i === 0 ? [{ ...THREE[0], frame: 0 }] : [];
      await store.analyses.record([{ sopUid: place.sopUid, modelId, outcome: { findings } }]);
      await store.studies.setSeriesState(place.seriesUid, { state: "analysed", modelId });
    }
    const page = withoutStyle((await report("2.25.104", "html")).body);
    expect(page).toMatch(new RegExp(`<dt>.*Model version.*</dt><dd>${finder}, ${clearer}</dd>`));
  });

  test("as a picture shows the finding that a reader rejected, where there is no other, not another image", async () => {
    const { store } = service;
    const [clear, found] = [await kept(cine(1)), await kept(cine(1))];
    const findings = [{ ...THREE[0], frame: 0, box: { x1: 10, y1: 30, x2: 50, y2: 60 } }];
    await studyOf("2.25.105", [{ findings: [], blob: clear }, { findings, blob: found }, "failed"]);
    const [{ findingId }] = await store.analyses.ofStudy("2.25.105");
    await store.analyses.review(findingId, { review: "rejected", actor: "somebody" });
    const answer = await report("2.25.105", "png");
    expect(answer.statusCode).toBe(200);
    // Of grey pixels alone the box has colour.
    const { data } = await decodeImage(answer.rawPayload, "png");
    const coloured = Array.from(
      { length: data.length / 3 },
      (_, i) => new Set(data.subarray(3 * i, 3 * i + 3)).size > 1,
    );
    expect(coloured).toContain(true);
  });

  test("asks for the spacing of a file once, however many of its frames have findings", async () => {
    const spaced = dicomBytes(
      greyElements(64, 64, new Uint8Array(2 * 64 * 64 * 30), [
        [0x00280008, "IS", "30"],
        [0x00280030, "DS", "0.5\\0.25"],
      ]),
    );
    const blob = await kept(spaced);
    const box = { x1: 10, y1: 30, x2: 50, y2: 60 };
    // 40 px of 0.25 mm, 30 px of 0.5 mm.
    const findings = Array.from({ length: 30 }, (_, frame) => ({
      ...{ ...THREE[0], frame, box, sizeMm: { width: 10, height: 15 } },
    }));
    await studyOf("2.25.106", [{ findings, frames: 30, blob }]);
    const described = vi.spyOn(PictureThread.prototype, "describe");
    try {
      const page = withoutStyle((await report("2.25.106", "html")).body);
      expect(page.match(/0\.5 × 0\.25 mm \(PixelSpacing\)/g)?.length).toBeGreaterThanOrEqual(30);
      expect(described).toHaveBeenCalledTimes(1);
    } finally {
      described.mockRestore();
    }
  });

  test("is not made to its end for a client that has left, nor called exported", async () => {
    const box = { x1: 10, y1: 30, x2: 50, y2: 60 };
    const findings = Array.from({ length: 10 }, (_, frame) => ({ ...THREE[0], frame, box }));
    await studyOf("2.25.107", [{ findings, frames: 10, blob: await kept(cine(10)) }]);
    const { port } = new URL(await service.app.listen({ host: "127.0.0.1", port: 0 }));
    const path = "/studies/2.25.107/report?format=html";
    const ask = request({ host: "127.0.0.1", port, path, headers: bearer(service.keys.reader) });
    ask.on("error", () => undefined);
    const closed = () => service.log.some((line) => JSON.parse(line).status === 499);
    const drawn = vi.spyOn(PictureThread.prototype, "picture").mockImplementation(async () => {
      ask.destroy();
      await vi.waitUntil(closed, { timeout: 20_000 });
      return new Uint8Array(1);
    });
    try {
      ask.end();
      await vi.waitUntil(closed, { timeout: 20_000 });
      // Nine more would be made at once.
      await sleep(500);
      expect(drawn).toHaveBeenCalledTimes(1);
      expect(await service.store.audit.list({ action: "study.export", subject: "2.25.107" })).toEqual([]);
    } finally {
      drawn.mockRestore();
    }
    expect((await report("2.25.107", "html")).body.match(/<img /g)).toHaveLength(10);
    expect(await service.store.audit.list({ action: "study.export", subject: "2.25.107" })).toHaveLength(1);
  });

  test.each([
    ["timed_out", "2.25.71"],
    ["file_unreadable", "2.25.72"],
    ["files_unavailable", "2.25.73"],
  ] as const)(
    "comes without a picture that cannot be made (%s), not instead of the findings",
    async (code, studyUid) => {
      const { store } = service;
      const image = received(1, { studyUid, seriesUid: `${studyUid}.1`, sopUid: `${studyUid}.1.1` });
      await store.studies.accept([image]);
      const findings = [{ ...THREE[0], frame: 0 }];
      await store.analyses.record([{ sopUid: image.sopUid, modelId: MODEL.modelId, outcome: { findings } }]);
      const read = store.blobs.read;
      store.blobs.read = async () => {
        throw new FoveaError(code, "no picture of this image");
      };
      try {
        const page = await report(studyUid, "html");
        expect(page.statusCode).toBe(200);
        expect(withoutStyle(page.body)).toContain("1 detected");
      } finally {
        store.blobs.read = read;
      }
    },
  );
});
