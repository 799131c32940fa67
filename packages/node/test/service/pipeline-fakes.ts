/**
 * @file A pool and a PACS in memory, for tests of the pipeline.
 */
import { FoveaError } from "@fovea/core/errors";
import type { AnalysisRequest, ImageAnalysis, InferencePool } from "../../src/inference/inference-pool";
import { fileHeader } from "../../src/pacs/part10";
import type { OutgoingObject, PacsPeer, SendOutcome } from "../../src/pacs/peer";
import type { BuildResultObjects } from "../../src/pipeline/result-objects";
import type { ModelVersion } from "../../src/store/record";

export const MODEL: ModelVersion = {
  ...{ modelId: "lung@0123456789ab", name: "lung", sha256: "0123456789ab".padEnd(64, "0"), deviceUid: "2.25.77" },
  ...{ classes: ["nodule"], defaultFor: ["*"] },
};

/** Finds one nodule in every image, of a confidence that its last byte tells; `fail` may throw or wait first. */
export class FakePool implements InferencePool {
  readonly seen: number[] = [];
  readonly load = { waiting: 0, waitingBytes: 0, running: 0, capacity: 1, retryAfterSeconds: 1 };
  readonly models: InferencePool["models"];
  #fail: (grey: number, request: AnalysisRequest) => Promise<void>;

  constructor(
    fail: (grey: number, request: AnalysisRequest) => Promise<void> = async () => undefined,
    known = [MODEL],
  ) {
    this.#fail = fail;
    const unknown = new FoveaError("unknown_model", "no such model");
    this.models = {
      list: () => known.map((model) => ({ ...model, state: "ready" })),
      resolve: ({ model, modality }) => {
        if (modality === "US") throw unknown;
        const found = known.find(({ modelId, name }) => model === undefined || model === modelId || model === name);
        if (found === undefined) throw unknown;
        return found;
      },
      load: async () => MODEL,
      retire: async () => undefined,
    };
  }

  async analyse(request: AnalysisRequest): Promise<ImageAnalysis> {
    const grey = request.bytes[request.bytes.length - 1];
    await this.#fail(grey, request);
    this.seen.push(grey);
    const finding = { classId: 0, className: "nodule", confidence: grey / 256, box: { x1: 1, y1: 1, x2: 5, y2: 4 } };
    return {
      ...{ model: MODEL, inferenceMs: 1, inputSha256: "", modality: "CT" },
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

  async has({ sopUid }: { readonly sopUid: string }): Promise<boolean | undefined> {
    this.asked.push(sopUid);
    const early = this.before();
    if (early?.state === "unreachable") throw new FoveaError("peer_unreachable", early.reason);
    return this.answers ? this.arrived.includes(sopUid) : undefined;
  }

  async count(): Promise<number | undefined> {
    return undefined;
  }

  async *find(): AsyncGenerator<Record<string, string>> {}

  async *retrieve(): AsyncGenerator<never> {}
}

/** An object of each kind, whose UID follows from what was found. */
export const fakeObjects: BuildResultObjects = async function* ({ images, kinds }) {
  const said = images.map(({ outcome }) =>
    "failure" in outcome ? 0 : Math.round(256 * outcome.findings[0].confidence),
  );
  for (const [i, kind] of kinds.entries()) {
    const meta = {
      sopClassUid: `1.2.3.${i}`,
      sopUid: `2.25.9.${i}.${said.join(".")}`,
      transferSyntaxUid: "1.2.840.10008.1.2.1",
    };
    yield { kind, ...meta, bytes: fileHeader(meta) };
  }
};
