/**
 * @file Our prediction of one image file, asked for by the harness.
 *
 * The check numbers are how many findings there are and the sum of their confidences; `modelMs` is the network's run
 * alone, without the boxes of the few cells that scored.
 */
import { parseArgs } from "node:util";
import { Detector, type DetectorOptions } from "@fovea/core/detect/detector";
import type { Session } from "@fovea/core/graph/runtime";
import { loadNetwork } from "@fovea/node/model/load-network";
import { openDetector } from "@fovea/node/model/open-detector";
import { FilePredictor } from "@fovea/node/predict/file-predictor";

import type { StepResult } from "../harness/protocol";
import { serve } from "./serve";

interface PredictOptions extends Required<Pick<DetectorOptions, "imgsz" | "conf" | "iou" | "letterbox">> {
  /** Published `.pt` of the model. */
  readonly weights: string;
  readonly threads: number;
}

/** A session that tells how long its last run took. */
class TimedSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #session: Session;
  ms = 0;

  constructor(session: Session) {
    this.#session = session;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
  }

  async run(...feeds: Parameters<Session["run"]>): ReturnType<Session["run"]> {
    const begin = performance.now();
    const results = await this.#session.run(...feeds);
    this.ms = performance.now() - begin;
    return results;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

/** Everything up to the first image; hands back what finds lesions in the file at `path`. */
async function prepare({
  weights,
  threads,
  ...detection
}: PredictOptions): Promise<(path: string) => Promise<StepResult>> {
  const network = await loadNetwork(await openDetector(weights), { threads });
  const session = new TimedSession(network.session);
  const predictor = new FilePredictor(new Detector({ ...network, session }, detection));
  return async (path) => {
    const [{ findings, error }] = await predictor.predict({ file: path, pictureName: "" });
    if (error) throw new Error(error.message);
    const sum = findings.reduce((total, { confidence }) => total + confidence, 0);
    return { check: [findings.length, sum], modelMs: session.ms };
  };
}

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "yolov8n" },
    weights: { type: "string", default: "" },
    size: { type: "string", default: "640" },
    conf: { type: "string", default: "0.25" },
    iou: { type: "string", default: "0.7" },
    letterbox: { type: "string", default: "auto" },
    threads: { type: "string", default: "2" },
  },
});
await serve(
  await prepare({
    weights: values.weights,
    imgsz: Number(values.size),
    conf: Number(values.conf),
    iou: Number(values.iou),
    letterbox: values.letterbox === "square" ? "square" : "auto",
    threads: Number(values.threads),
  }),
);
