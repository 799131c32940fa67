/**
 * @file Worker thread that reads images for viewers and draws on them; its only partner is `picture-thread.ts`.
 */
import { FrameDecoder } from "../../dicom/frame-decoder";
import { annotate, canvasOf, encode, translatedLabel } from "../../imaging/annotate";
import { answerTasks, type TaskAnswer } from "../../inference/answer-tasks";
import { describeImage, frameValues, shownFrame } from "./instance-image";
import type { PictureTask } from "./picture-task";

const decoder = new FrameDecoder();

/** Bytes in a buffer of their own, which changes hands whole. */
function handed(bytes: Uint8Array): TaskAnswer {
  const own = bytes.slice();
  return { answer: own, transfer: [own.buffer] };
}

answerTasks<PictureTask>(async (task) => {
  const { bytes } = task;
  switch (task.kind) {
    case "describe":
      return { answer: await describeImage(bytes, task.names) };
    case "values":
      return handed(await frameValues(bytes, task.frame, decoder));
    case "picture": {
      const image = await shownFrame(bytes, task.frame, decoder);
      const { findings, format, classNames } = task;
      if (findings.length === 0) return handed(await encode(await canvasOf(image), { format }));
      return handed(await annotate(image, findings, { format, text: translatedLabel(classNames) }));
    }
  }
});
