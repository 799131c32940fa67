/**
 * @file A pool and a PACS in memory, for tests of the pipeline.
 */

import { FoveaError } from "@fovea/core/errors";
import { dicomBytes, EXPLICIT_LITTLE, type TestElement } from "../../../core/test/dicom-bytes";
import type { AnalysisRequest, ImageAnalysis, InferencePool, LoadedModel } from "../../src/inference/inference-pool";
import { fileHeader } from "../../src/pacs/part10";
import type { OutgoingObject, PacsPeer, SendOutcome } from "../../src/pacs/peer";
import type { BuildResultObjects } from "../../src/pipeline/result-objects";
import type { ModelVersion } from "../../src/store/record";
import { studyUid } from "./sent-instance";

export const MODEL: ModelVersion = {
  ...{ modelId: "lung@0123456789ab", name: "lung", sha256: "0123456789ab".padEnd(64, "0"), deviceUid: "2.25.77" },
  ...{ classes: ["nodule"], defaultFor: ["*"] },
};

/** Finds one nodule in every image, of a confidence that its last byte tells; `fail` may throw or wait first. */
export class FakePool implements InferencePool {
  readonly seen: number[] = [];
  readonly load = {
    waiting: 0,
    waitingBytes: 0,
    running: 0,
    capacity: 1,
    retryAfterSeconds: 1,
    hanging: 0,
    stuck: false,
  };
  readonly models: InferencePool["models"];
  #fail: (grey: number, request: AnalysisRequest) => Promise<void>;

  constructor(
    fail: (grey: number, request: AnalysisRequest) => Promise<void> = async () => undefined,
    known = [MODEL],
  ) {
    this.#fail = fail;
    const unknown = new FoveaError("unknown_model", "no such model");
    const ready = (model: ModelVersion): LoadedModel => ({
      ...{ ...model, state: "ready", settings: { conf: 0.25, iou: 0.7, imgsz: 640 } },
    });
    this.models = {
      list: () => known.map(ready),
      resolve: ({ model, modality }) => {
        if (modality === "US") throw unknown;
        const found = known.find(({ modelId, name }) => model === undefined || model === modelId || model === name);
        if (found === undefined) throw unknown;
        return found;
      },
      load: async () => ready(MODEL),
      makeDefault: () => ready(MODEL),
      retire: async () => undefined,
    };
  }

  async analyse(request: AnalysisRequest): Promise<ImageAnalysis> {
    const grey = request.bytes[request.bytes.length - 1];
    await this.#fail(grey, request);
    this.seen.push(grey);
    const finding = { classId: 0, className: "nodule", confidence: grey / 256, box: { x1: 1, y1: 1, x2: 5, y2: 4 } };
    return {
      ...{ model: MODEL, threshold: 0.03, inferenceMs: 1, inputSha256: "", modality: "CT" },
      images: [{ file: request.filename, width: 8, height: 8, findings: [finding] }],
    };
  }

  async close(): Promise<void> {}
}

/** Keeps what it is sent. `before` and `after` may throw: the connection breaks before, or after the object is stored. */
export class FakePacs implements PacsPeer {
  readonly name: string;
  readonly arrived: string[] = [];
  readonly asked: string[] = [];
  before: () => SendOutcome | undefined = () => undefined;
  after: () => SendOutcome | undefined = () => undefined;
  /** What `has` says; undefined: it answers no queries. */
  answers = true;

  constructor(name = "pacs") {
    this.name = name;
  }

  async echo(): Promise<void> {}

  async send(objects: readonly OutgoingObject[]): Promise<SendOutcome[]> {
    return objects.map(({ sopUid }) => {
      const early = this.before();
      if (early !== undefined) return early;
      this.arrived.push(sopUid);
      return this.after() ?? { state: "stored" };
    });
  }

  async has({ sopUid, seriesUid }: Parameters<PacsPeer["has"]>[0]): Promise<boolean | undefined> {
    this.asked.push(sopUid);
    // A PACS that is asked for the object in another series does not find it.
    if (seriesUid !== RESULT_SERIES) return false;
    const early = this.before();
    if (early?.state === "unreachable") throw new FoveaError("peer_unreachable", early.reason);
    return this.answers ? this.arrived.includes(sopUid) : undefined;
  }

  async count(_study: string, _signal?: AbortSignal): Promise<number | undefined> {
    return undefined;
  }

  async *find(): AsyncGenerator<Record<string, string>> {}

  async *retrieve(): AsyncGenerator<never> {}
}

/** Series of all result objects here: another one than that of the images. */
export const RESULT_SERIES = "2.25.600";

/** A result as a file. */
export function resultFile(sopUid: string, study: string, sopClassUid = "1.2.840.10008.5.1.4.1.1.88.34"): Uint8Array {
  const meta = { sopClassUid, sopUid, transferSyntaxUid: EXPLICIT_LITTLE };
  const elements: TestElement[] = [
    [0x00080016, "UI", sopClassUid],
    [0x00080018, "UI", sopUid],
    [0x0020000d, "UI", study],
    [0x0020000e, "UI", RESULT_SERIES],
  ];
  return Buffer.concat([fileHeader(meta), dicomBytes(elements, { header: false })]);
}

/** An object of each kind, whose UID follows from what was found. */
export const fakeObjects: BuildResultObjects = async function* ({ images, kinds }) {
  const said = images.map(({ outcome }) =>
    "failure" in outcome ? 0 : Math.round(256 * outcome.findings[0].confidence),
  );
  for (const [i, kind] of kinds.entries()) {
    const [sopUid, sopClassUid] = [`2.25.9.${i}.${said.join(".")}`, `1.2.3.${i}`];
    yield { kind, sopUid, sopClassUid, bytes: resultFile(sopUid, studyUid(), sopClassUid) };
  }
};
