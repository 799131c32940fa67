/**
 * @file The inference pool behind one HTTP route, where there is no `fovea serve` to be measured: `/analyze/image`.
 */
import { parseArgs } from "node:util";
import multipart from "@fastify/multipart";
import type { ImageFindings } from "@fovea/core/report/findings";
import { openInferencePool } from "@fovea/node/inference/open-inference-pool";
import fastify from "fastify";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "" },
    port: { type: "string", default: "0" },
    threads: { type: "string", default: "2" },
  },
});

const pool = await openInferencePool({
  models: [{ file: values.model, imgsz: 640 }],
  inference: {
    device: "cpu",
    threads: Number(values.threads),
    queue: 256,
    batch: 4,
    batchWindowMs: 2,
    timeoutMs: 60_000,
  },
});

const round = (value: number, digits = 2) => Number(value.toFixed(digits));

function answerOf(filename: string, { findings, width, height }: ImageFindings, version: string, ms: number) {
  const detections = findings.map(({ className, confidence, box }) => ({
    class: className,
    confidence: round(confidence, 4),
    bbox: { x1: round(box.x1), y1: round(box.y1), x2: round(box.x2), y2: round(box.y2) },
    width: round(box.x2 - box.x1),
    height: round(box.y2 - box.y1),
  }));
  const summary = detections.length > 0 ? `共检测到${detections.length}处病灶` : "未检测到明显病灶";
  const counted = { filename, detection_count: detections.length, detections, summary };
  return { ...counted, model_version: version, inference_time_ms: round(ms), width, height };
}

const app = fastify();
await app.register(multipart, { limits: { fileSize: 2 ** 29, files: 1 } });
app.post("/analyze/image", async (request, reply) => {
  const part = await request.file();
  if (part === undefined) return reply.code(400).send({ error: "no file" });
  const bytes = await part.toBuffer();
  const { images, model, inferenceMs } = await pool.analyse({ bytes, filename: part.filename, handOver: true });
  return answerOf(part.filename, images[0], model.modelId, inferenceMs);
});
await app.listen({ host: "127.0.0.1", port: Number(values.port) });
process.once("SIGTERM", async () => {
  await app.close();
  await pool.close();
});
