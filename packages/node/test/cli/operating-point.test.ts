/**
 * @file The operating point on its way: chosen by `val` or `evaluate froc`, kept in the model, carried by `export`, used by
 * `predict`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SIDE, writeSmallData } from "../training/small-network";
import { Desk } from "./command";

const PATIENCE = 300_000;
const MODEL = "runs/ct/weights/last.safetensors";
const VAL = `val --model ${MODEL} --data data/data.yaml --imgsz ${SIDE} --rect false --threads 1 --lang en
  --worst 0 --resamples 20`;

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.make();
  await writeSmallData(desk.path("data"), { count: 24 });
  await desk.succeed(
    `train --data data/data.yaml --model small.yaml --epochs 6 --batch 2 --nbs=2 --imgsz ${SIDE} --threads 1 workers=0
     optimizer=AdamW lr0=0.01 warmup_epochs=0 mosaic=0 scale=0 translate=0 hsv_h=0 hsv_s=0 hsv_v=0 plots=false val=false
     --project runs --name ct`,
  );
}, PATIENCE);
afterAll(() => desk.remove());

const json = (path: string) => JSON.parse(readFileSync(desk.path(path), "utf8"));

async function predicted(model: string, out: string, rest = "") {
  const told = await desk.succeed(
    `predict model=${model} source=data/images/val out=${out} imgsz=${SIDE} pictures=false ${rest}`,
  );
  const confidences: number[] = json(`${out}/findings.json`).images.flatMap(
    ({ findings }: { findings: { confidence: number }[] }) => findings.map(({ confidence }) => confidence),
  );
  return { told, confidences, conf: json(`${out}/findings.json`).conf as number };
}

test(
  "val --save keeps it, info shows it, predict uses it unless told otherwise, and so does the exported model",
  async () => {
    const saved = await desk.succeed(`${VAL} --report report --operating-point fp<=0.5 --save`);
    const { operating } = json("report/evaluation.json");
    expect(operating.fpPerImage.value).toBeLessThanOrEqual(0.5);
    const threshold: number = operating.threshold;
    expect(saved).toContain(`Kept fp<=0.5, confidence ${threshold.toFixed(4)}, in ${MODEL}`);
    // The report's numbers have ten places.
    const point = {
      threshold: expect.closeTo(threshold, 9),
      fpPerScan: expect.closeTo(operating.fpPerImage.value, 9),
      sensitivity: expect.closeTo(operating.sensitivity.value, 9),
      ...{ rule: "fp<=0.5", per: "image" },
    };
    const shown = async (model: string) => JSON.parse(await desk.succeed(`info ${model} --json`)).operatingPoint;
    expect(await shown(MODEL)).toEqual(point);
    expect(await desk.succeed(`info ${MODEL}`)).toMatch(/^works at +confidence .* false positives per image\)$/m);
    await desk.succeed(`export --model ${MODEL} --imgsz ${SIDE} --half false --out fixed.onnx`);
    expect(await shown("fixed.onnx")).toEqual(point);
    const runs = await Promise.all([predicted(MODEL, "kept"), predicted("fixed.onnx", "carried")]);
    for (const { told, confidences, conf } of runs) {
      expect(told).toContain(`${threshold.toFixed(4)}, the operating point kept in the model (fp<=0.5)`);
      expect(conf).toBeCloseTo(threshold, 9);
      // What val counted: findings are the same, but for fourth places.
      expect(Math.min(...confidences)).toBeGreaterThanOrEqual(threshold - 1e-4);
      expect(confidences.length).toBeGreaterThanOrEqual(operating.found);
    }
    const own = await predicted("fixed.onnx", "own", "conf=0.001");
    expect(own.told).not.toContain("operating point");
    expect(own.conf).toBe(0.001);
    expect(own.confidences.length).toBeGreaterThan(operating.found);
    // A validation without a rule takes the point that the model keeps.
    await desk.succeed(`${VAL.replace(MODEL, "fixed.onnx")} --report again`);
    expect(json("again/evaluation.json").operating).toMatchObject({ given: true, rule: "fp<=0.5", threshold });
  },
  PATIENCE,
);

test(
  "val --save is refused before anything is measured where nothing could be kept",
  async () => {
    const refused = async (line: string) => {
      const { code, stderr, stdout } = await desk.run(line);
      expect([code, stdout]).toEqual([2, ""]);
      return stderr;
    };
    expect(await refused(`${VAL} --save`)).toContain("give --report DIR and --operating-point");
    expect(await refused(`${VAL} --report r --operating-point f1 --threshold 0.2 --save`)).toContain("no --threshold");
    const onnx = VAL.replace(MODEL, "fixed.onnx");
    expect(await refused(`${onnx} --report r --operating-point f1 --save`)).toContain(".safetensors only");
  },
  PATIENCE,
);

test(
  "evaluate froc keeps one in a model, with what a scan was",
  async () => {
    const image = (id: number) => ({ id, file_name: `${id}.png`, width: 64, height: 64, patient_id: "P" });
    const mark = { image_id: 1, category_id: 1, bbox: [0, 0, 10, 10] };
    const truth = {
      ...{ images: [image(1), image(2)], categories: [{ id: 1, name: "square" }] },
      annotations: [{ ...mark, id: 1, area: 100, iscrowd: 0 }],
    };
    writeFileSync(desk.path("gt.json"), JSON.stringify(truth));
    writeFileSync(
      desk.path("dt.json"),
      JSON.stringify([
        { ...mark, score: 0.5 },
        { ...mark, image_id: 2, score: 0.25 },
      ]),
    );
    const froc = "evaluate froc --gt gt.json --dt dt.json --per patient --bootstrap 20 --operating-point";
    const told = await desk.succeed(`${froc} fp<=0.5 --model ${MODEL}`);
    expect(told).toContain("confidence 0.5000, sensitivity 1.000 at 0.000 false positives per patient");
    expect(JSON.parse(await desk.succeed(`info ${MODEL} --json`)).operatingPoint).toEqual({
      ...{ threshold: 0.5, fpPerScan: 0, sensitivity: 1, rule: "fp<=0.5", per: "patient" },
    });
    const { code, stderr } = await desk.run(`${froc} f1 --model fixed.onnx`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(".safetensors only")]);
  },
  PATIENCE,
);
