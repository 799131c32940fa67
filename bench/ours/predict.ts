/**
 * @file Our prediction of one image file, or of several at once (`a.jpg|b.jpg`), asked for by the harness.
 *
 * The check numbers are how many findings there are and the sum of their confidences; `modelMs` is the network's run
 * alone, without the boxes of the few cells that scored.
 */
import { parseArgs } from "node:util";
import { Detector, type DetectorOptions } from "@fovea/core/detect/detector";
import type { Session } from "@fovea/core/graph/runtime";
import { loadNetwork } from "@fovea/node/model/load-network";
import { openDetector } from "@fovea/node/model/open-detector";
import { openCrew } from "@fovea/node/predict/crew";
import { FilePredictor } from "@fovea/node/predict/file-predictor";

import type { PredictedImage } from "@fovea/node/predict/predicted-image";
import type { StepResult } from "../harness/protocol";
import { serve } from "./serve";

interface PredictOptions extends Required<Pick<DetectorOptions, "imgsz" | "conf" | "iou" | "letterbox">> {
  /** Published `.pt` of the model. */
  readonly weights: string;
  readonly threads: number;
  /** Workers of one thread each for several files at once; 0 for one file after another. */
  readonly lanes: number;
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

type Step = (argument: string) => Promise<StepResult>;

function checked(images: readonly PredictedImage[]): StepResult {
  const failed = images.find(({ error }) => error !== undefined);
  if (failed) throw new Error(failed.error?.message);
  const findings = images.flatMap((image) => image.findings);
  return { check: [findings.length, findings.reduce((total, { confidence }) => total + confidence, 0)] };
}

/** A folder at once, as `fovea predict` does it, but for writing results. */
async function prepareCrew({ weights, lanes, threads: _, ...detection }: PredictOptions): Promise<Step> {
  const detector = await openDetector(weights);
  const crew = await openCrew(lanes, { ...detector, detection, files: {}, device: "cpu", threads: 1 });
  return async (paths) => {
    const images = await Promise.all(paths.split("|").map((file) => crew.predict({ file, pictureName: "" })));
    return checked(images.flat());
  };
}

/** Everything up to the first image; hands back what finds lesions in the file at `path`. */
async function prepare({ weights, threads, lanes: _, ...detection }: PredictOptions): Promise<Step> {
  const network = await loadNetwork(await openDetector(weights), { threads });
  const session = new TimedSession(network.session);
  const predictor = new FilePredictor(new Detector({ ...network, session }, detection));
  return async (path) => {
    const images = await predictor.predict({ file: path, pictureName: "" });
    return { ...checked(images), modelMs: session.ms };
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
    lanes: { type: "string", default: "0" },
  },
});
const options: PredictOptions = {
  weights: values.weights,
  imgsz: Number(values.size),
  conf: Number(values.conf),
  iou: Number(values.iou),
  letterbox: values.letterbox === "square" ? "square" : "auto",
  threads: Number(values.threads),
  lanes: Number(values.lanes),
};
await serve(await (options.lanes > 0 ? prepareCrew(options) : prepare(options)));
