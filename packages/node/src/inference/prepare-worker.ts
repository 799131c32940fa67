/**
 * @file Entry of a thread that decodes and letterboxes; its only partner is `preparer.ts`.
 */
import { createHash } from "node:crypto";
import { NetworkInput } from "@fovea/core/detect/network-input";
import type { Value } from "@fovea/core/graph/runtime";
import type { ByteImage } from "@fovea/core/imaging/image";
import { toByteImage } from "@fovea/core/imaging/intensity";
import { letterboxLayout } from "@fovea/core/imaging/letterbox";
import { FrameDecoder } from "../dicom/frame-decoder";
import { sharpLibrary } from "../imaging/sharp-library";
import { openSourceBytes, type SourceFile } from "../predict/source-images";
import { answerTasks, type TaskAnswer } from "./answer-tasks";
import type { OpenedFile, PreparationSettings, PreparedFrame, PrepareTask } from "./prepared-frame";

/** Errors leave without the file's name, which may be a patient's. */
const CALLED = "image";

const decoder = new FrameDecoder();
// Loaded before the first file comes.
await sharpLibrary();
let source: SourceFile | undefined;

answerTasks<PrepareTask>(async (task): Promise<TaskAnswer> => {
  switch (task.task) {
    case "open":
      source = openSourceBytes(task.bytes, task.filename, { ...task.limits, decoder, called: CALLED });
      return { answer: opened(source, task.bytes) };
    case "frame": {
      if (source === undefined) throw new Error("unreachable: no file is open");
      const answer = await prepare(source, task.frame, task.settings, task.room);
      return { answer, transfer: [answer.value.data.buffer as ArrayBuffer] };
    }
    case "close":
      source = undefined;
      return { answer: undefined };
  }
});

function opened({ frames, modality }: SourceFile, bytes: Uint8Array): OpenedFile {
  return { frames, modality, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function prepare(
  file: SourceFile,
  frame: number,
  { pixels, letterbox, normalize }: PreparationSettings,
  room: ArrayBuffer | undefined,
): Promise<PreparedFrame> {
  const { image, normalised, spacingMm, warnings = [] } = await file.read(frame, normalize);
  const seen = normalised ?? toByteImage(image);
  const { width, height } = seen;
  const layout = letterboxLayout(width, height, letterbox);
  const input = new NetworkInput(pixels, layout, room);
  const value = owned(input.letterboxed(seen, letterbox), seen);
  return { value, layout, width, height, spacingMm, ...(warnings.length > 0 && { warnings }) };
}

/** An image that fits as it is was not copied: the decoder's memory does not leave its thread. */
function owned(value: Value, image: ByteImage): Value {
  return value.data === image.data ? { ...value, data: image.data.slice() } : value;
}
