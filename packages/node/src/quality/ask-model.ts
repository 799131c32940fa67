/**
 * @file What a trained model finds in the pictures of a data set.
 */
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import type { ModelAnswers } from "@fovea/core/dataset/check/model-checks";
import type { Finding } from "@fovea/core/finding";
import { openDetector } from "../model/open-detector";
import { openCrew, type PredictCrew } from "../predict/crew";
import { planLanes } from "../predict/lanes";

export interface AskModelOptions {
  readonly model: string;
  /** Longer side of the images for the network. @default that of its training, else 640 */
  readonly imgsz?: number;
  /** @default "cpu" */
  readonly device?: string;
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly shouldStop?: () => boolean;
}

/** Labels on which not even such a finding lies are unseen. */
const LOWEST_CONFIDENCE = 0.05;

/**
 * Findings of the model in each picture; of files that cannot be read none are known.
 *
 * @throws {FoveaError} if the model does not open, or the network fails
 */
export async function askModel(
  { categories }: AnnotationSet,
  paths: readonly string[],
  { model: file, imgsz: wanted, device = "cpu", threads, onProgress, shouldStop }: AskModelOptions,
): Promise<ModelAnswers> {
  const model = await openDetector(file);
  const { signature, graph, tileGraph, trainedAt } = model;
  const stride = Math.max(...signature.strides);
  const imgsz = Math.max(stride, Math.ceil((wanted ?? trainedAt ?? 640) / stride) * stride);
  const plan = planLanes({ files: paths.length, device, threads, modelBytes: graph.length, imgsz });
  const crew = await openCrew(plan.lanes, {
    ...{ graph, tileGraph, signature, device, threads: plan.threads },
    detection: { imgsz, conf: LOWEST_CONFIDENCE, iou: 0.5 },
    files: { normalize: signature.normalize },
  });
  try {
    const findings = await lookAtAll(crew, paths, { onProgress, shouldStop });
    const classes = new Map(categories.map(({ name }, id) => [name, id]));
    return {
      findings,
      classOf: (modelClass) => classes.get(signature.names[modelClass]),
      oneClass: signature.names.length === 1 || categories.length === 1,
    };
  } finally {
    await crew.close();
  }
}

async function lookAtAll(
  crew: PredictCrew,
  paths: readonly string[],
  { onProgress, shouldStop = () => false }: Pick<AskModelOptions, "onProgress" | "shouldStop">,
): Promise<(readonly Finding[] | undefined)[]> {
  const findings = new Array<readonly Finding[] | undefined>(paths.length).fill(undefined);
  let next = 0;
  let done = 0;
  const lane = async () => {
    while (next < paths.length && !shouldStop()) {
      const i = next++;
      // Of a DICOM file of several frames the first one is annotated.
      const [image] = await crew.predict({ file: paths[i], pictureName: "" });
      if (image.error === undefined) findings[i] = image.findings;
      onProgress?.(++done, paths.length);
    }
  };
  await Promise.all(Array.from({ length: crew.capacity }, lane));
  return findings;
}
