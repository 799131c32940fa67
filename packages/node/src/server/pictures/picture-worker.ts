/**
 * @file Worker thread that reads images for viewers and draws on them; its only partner is `picture-thread.ts`.
 */
import { parentPort } from "node:worker_threads";
import { FoveaError } from "@fovea/core/errors";
import { FrameDecoder } from "../../dicom/frame-decoder";
import { annotate, canvasOf, encode, translatedLabel } from "../../imaging/annotate";
import { describeImage, frameValues, shownFrame } from "./instance-image";
import type { PictureReply, PictureRequest, PictureResult } from "./picture-request";

const decoder = new FrameDecoder();

async function make({ bytes, task }: PictureRequest): Promise<PictureResult> {
  switch (task.kind) {
    case "describe":
      return describeImage(bytes, task.names);
    case "values":
      return frameValues(bytes, task.frame, decoder);
    case "picture": {
      const image = await shownFrame(bytes, task.frame, decoder);
      const { findings, format, classNames } = task;
      if (findings.length === 0) return encode(await canvasOf(image), { format });
      return annotate(image, findings, { format, text: translatedLabel(classNames) });
    }
  }
}

function answer(reply: PictureReply): void {
  if (!("result" in reply && reply.result instanceof Uint8Array)) {
    parentPort?.postMessage(reply);
    return;
  }
  // A buffer of its own, so that it can change hands whole.
  const own = reply.result.slice();
  parentPort?.postMessage({ ...reply, result: own }, [own.buffer]);
}

parentPort?.on("message", (request: PictureRequest) => {
  const { id } = request;
  make(request).then(
    (result) => answer({ id, result }),
    (error: unknown) => {
      const code = error instanceof FoveaError ? error.code : undefined;
      answer({ id, failure: { code, message: error instanceof Error ? error.message : String(error) } });
    },
  );
});
