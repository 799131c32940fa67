/**
 * @file Whole runs on annotations whose readers were not sure: weights below 1, and regions in which nothing is judged.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataset } from "../../src/data/open-dataset";
import { train } from "../../src/train/train";
import { cocoOf } from "../../src/tune/fold-files";
import { outcome } from "./killed";
import { SIDE, smallYaml, writeSmallData } from "./small-network";

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-soft-"));
  await writeSmallData(join(folder, "plain"));
  model = join(folder, "small.yaml");
  await writeFile(model, smallYaml());
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The small data set as COCO files; `change` alters the annotations of its discs. */
async function annotated(name: string, change: object): Promise<string> {
  const data = join(folder, "plain", "data.yaml");
  for (const split of ["train", "val"]) {
    const { samples, names } = await openDataset(data, split);
    const coco = JSON.parse(cocoOf(samples, names));
    for (const annotation of coco.annotations) if (annotation.category_id === 1) Object.assign(annotation, change);
    await writeFile(join(folder, `${name}-${split}.json`), JSON.stringify(coco));
  }
  const yaml = join(folder, `${name}.yaml`);
  await writeFile(yaml, `path: .\ntrain: ${name}-train.json\nval: ${name}-val.json\nnames: [square, disc]\n`);
  return yaml;
}

async function run(name: string, change: object) {
  const { folder: at, rows } = await train({
    ...{ data: await annotated(name, change), model, project: join(folder, "runs"), name },
    arguments: { epochs: 2, batch: 4, nbs: 4, imgsz: SIDE, workers: 0, threads: 1, optimizer: "AdamW", plots: false },
  });
  const [line] = (await readFile(join(at, "validation.jsonl"), "utf8")).trimEnd().split("\n");
  return { rows, weights: await outcome(at), labels: JSON.parse(line).labels as number };
}

test("weights of 1 change nothing; lesser ones, and regions to ignore, change what is learnt and measured", async () => {
  const plain = await run("plain", {});
  expect((await run("whole", { weight: 1 })).weights).toEqual(plain.weights);
  const half = await run("half", { weight: 0.5 });
  expect(half.labels).toBe(plain.labels);
  const none = await run("none", { ignore: 1 });
  const { samples } = await openDataset(join(folder, "plain", "data.yaml"), "val");
  const squares = samples.flatMap(({ labels }) => labels).filter(({ classId }) => classId === 0).length;
  expect([none.labels, plain.labels > squares]).toEqual([squares, true]);
  // Discs that weigh less are missed at less cost, those that are ignored at none.
  const loss = ({ rows }: typeof plain) => Number(rows[0]["val/cls_loss"]);
  expect(loss(half)).toBeLessThan(loss(plain));
  expect(loss(none)).toBeLessThan(loss(half));
});
