/**
 * @file One file from bytes to findings: opened and decoded by a preparer, frame after frame, shown to the network.
 *
 * While the network looks at some frames the next is prepared, and no further: memory does not grow with the file's frames.
 */
import { FoveaError } from "@fovea/core/errors";
import { type ImageFindings, withSizeMm } from "@fovea/core/report/findings";
import type { ImageAnalysis } from "./inference-pool";
import type { Models, ModelUse } from "./model-registry";
import type { NetworkLanes } from "./network-lanes";
import type { PendingAnalysis } from "./pending-analysis";
import type { OpenedFile, PreparedFrame } from "./prepared-frame";
import type { Preparer } from "./preparer";

/** What analysing takes. */
export interface AnalysisMeans {
  readonly preparer: Preparer;
  readonly models: Models;
  readonly lanes: NetworkLanes;
  /** The preparer is needed no more. */
  readonly onPrepared: () => void;
}

/**
 * Findings in every image of the request's file.
 *
 * @throws {FoveaError} if the file cannot be read at all, the model is unknown, or the network fails
 */
export async function analyseFile(pending: PendingAnalysis, means: AnalysisMeans): Promise<ImageAnalysis> {
  const { preparer, models } = means;
  const { request, spent } = pending;
  const opened = await timed(pending, () => preparer.open(request, pending.remainingMs));
  pending.check();
  pending.allowFrames(opened.frames);
  const { modality } = opened;
  pending.use ??= models.use({ modality });
  const { use } = pending;
  spent.modelId = use.version.modelId;
  const answers = await showFrames(pending, opened, use, means);
  const images = await Promise.all(answers);
  checkReadable(images);
  const { inferenceMs } = spent;
  const { version, threshold } = use;
  return { model: version, threshold, images, ...(modality && { modality }), inferenceMs, inputSha256: opened.sha256 };
}

/** Prepares all frames; the answers to the last ones may be still to come. */
async function showFrames(
  pending: PendingAnalysis,
  { frames }: OpenedFile,
  use: ModelUse,
  { preparer, lanes, onPrepared }: AnalysisMeans,
): Promise<Promise<ImageFindings>[]> {
  const { request } = pending;
  const answers: Promise<ImageFindings>[] = [];
  for (let frame = 0; frame < frames; frame++) {
    if (frame >= lanes.appetite) await answers[frame - lanes.appetite];
    pending.check();
    const place = frames > 1 ? { file: request.filename, frame } : { file: request.filename };
    const prepared = await timed(pending, () =>
      preparer.frame(frame, use.settings, pending.remainingMs, use.takeRoom()),
    ).catch((error: unknown) => failedImage(place, error, preparer));
    pending.check();
    // Before the last frame is shown, so that the lanes know whether more is to come.
    if (frame === frames - 1) onPrepared();
    const answer = "error" in prepared ? Promise.resolve(prepared) : look(pending, place, prepared, use, lanes);
    // Whoever awaits it hears of a failure; until then it must not end the process.
    answer.catch(() => undefined);
    answers.push(answer);
  }
  return answers;
}

async function look(
  pending: PendingAnalysis,
  place: Pick<ImageFindings, "file" | "frame">,
  { width, height, spacingMm, warnings, ...frame }: PreparedFrame,
  use: ModelUse,
  lanes: NetworkLanes,
): Promise<ImageFindings> {
  const unwanted = () => pending.settled;
  try {
    const shown = { ...frame, width, height };
    const { findings, ms, room } = await lanes.run(use.key, shown, { unwanted, openBatch: use.openBatch });
    use.giveRoom(room);
    pending.spent.inferenceMs += ms;
    pending.spent.frames++;
    const sized = findings.map((finding) => withSizeMm(finding, spacingMm));
    return { ...place, width, height, findings: sized, spacingMm, ...(warnings && { warnings }) };
  } catch (error) {
    if (error instanceof FoveaError && error.code === "scores_not_finite") return failureOf(place, error);
    throw error;
  }
}

/** A frame that cannot be read says so in its place; a thread that was lost has forgotten the frames behind it too. */
function failedImage(place: Pick<ImageFindings, "file" | "frame">, error: unknown, preparer: Preparer): FailedImage {
  if (!(error instanceof FoveaError) || !preparer.holdsFile) throw error;
  return failureOf(place, error);
}

type FailedImage = ImageFindings & Required<Pick<ImageFindings, "error">>;

function failureOf(place: Pick<ImageFindings, "file" | "frame">, { code, message }: FoveaError): FailedImage {
  return { ...place, width: 0, height: 0, findings: [], error: { code, message } };
}

/** A file of which no image could be looked at has no findings to tell. */
function checkReadable(images: readonly ImageFindings[]): void {
  const [first] = images;
  if (first?.error && images.every(({ error }) => error !== undefined)) {
    throw new FoveaError(first.error.code, first.error.message);
  }
}

async function timed<T>({ spent }: PendingAnalysis, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  try {
    return await work();
  } finally {
    spent.prepareMs += performance.now() - begin;
  }
}
