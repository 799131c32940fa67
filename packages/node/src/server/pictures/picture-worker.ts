/**
 * @file Worker thread that reads images for viewers and draws on them; its only partner is `picture-thread.ts`.
 */
import { FrameDecoder } from "../../dicom/frame-decoder";
import { annotate, canvasOf, encode } from "../../imaging/annotate";
import { answerTasks, type TaskAnswer } from "../../inference/answer-tasks";
import { describeImage, frameValues, type ImageFile, openImageFile, shownFrame } from "./instance-image";
import type { PictureTask } from "./picture-task";
import { reviewedLabel } from "./reviewed-label";

const decoder = new FrameDecoder();
let file: ImageFile | undefined;

/** Bytes in a buffer of their own, which changes hands whole. */
function handed(bytes: Uint8Array): TaskAnswer {
  const own = bytes.slice();
  return { answer: own, transfer: [own.buffer] };
}

answerTasks<PictureTask>(async (task): Promise<TaskAnswer> => {
  if (task.kind === "open" || task.kind === "close") {
    file = task.kind === "open" ? openImageFile(task.bytes) : undefined;
    return { answer: undefined };
  }
  if (file === undefined) throw new Error("unreachable: no file is open");
  switch (task.kind) {
    case "describe":
      return { answer: await describeImage(file, task.names) };
    case "values":
      return handed(await frameValues(file, task.frame, decoder));
    case "picture": {
      const image = await shownFrame(file, task.frame, decoder);
      const { findings, format } = task;
      if (findings.length === 0) return handed(await encode(await canvasOf(image), { format }));
      return handed(await annotate(image, findings, { format, text: reviewedLabel(task) }));
    }
  }
});
