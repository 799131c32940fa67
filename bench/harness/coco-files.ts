/**
 * @file A truth and detections in COCO's files, made from a seed: as many as a large validation set has, and alike.
 *
 * Categories are as unequal as in photographs. A detector finds most objects, some of them several times, with boxes
 * jittered around the truth and a wrong category now and then; all else are false alarms of low score.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "@fovea/core/math/random";

export interface CocoFilesSize {
  readonly images: number;
  readonly boxes: number;
  readonly detections: number;
  readonly categories: number;
  readonly seed: number;
}

type Box = readonly [x: number, y: number, w: number, h: number];

const WIDTH = 640;
const HEIGHT = 480;
const CROWDS = 0.01;

const round = (value: number, digits = 2) => Math.round(value * 10 ** digits) / 10 ** digits;

/** A third of the boxes each small, medium and large, as in COCO. */
function drawnBox(random: Random): Box {
  const side = 8 * 2 ** (5.2 * random.uniform());
  const aspect = 2 ** (2 * random.uniform() - 1);
  const w = Math.min(side * aspect, WIDTH - 2);
  const h = Math.min(side / aspect, HEIGHT - 2);
  return [random.uniform() * (WIDTH - w), random.uniform() * (HEIGHT - h), w, h];
}

/** The box as a detector might find it; `by` in widths and heights. */
function jittered([x, y, w, h]: Box, by: number, random: Random): Box {
  const shift = () => by * (random.uniform() + random.uniform() - 1);
  return [x + w * shift(), y + h * shift(), w * 2 ** shift(), h * 2 ** shift()];
}

/** Writes `gt.json` and `dt.json` into `folder`. */
export function writeCocoFiles(
  folder: string,
  { images, boxes, detections, categories, seed }: CocoFilesSize,
): { readonly gt: string; readonly dt: string } {
  const random = new Random(seed);
  const whole = (below: number) => Math.floor(random.uniform() * below);
  const category = () => 1 + Math.floor(categories * random.uniform() ** 2.5);
  const annotations: object[] = [];
  const results: object[] = [];
  const found = (image: number, label: number, box: Box, score: number) =>
    results.push({
      ...{ image_id: image, category_id: label, bbox: box.map((value) => round(value)) },
      score: round(Math.min(Math.max(score, 0.001), 0.999), 5),
    });
  for (let id = 1; id <= boxes; id++) {
    // Some images show many objects, some none.
    const image = 1 + Math.floor(images * random.uniform() ** 1.3);
    const label = category();
    const box = drawnBox(random);
    const bbox = box.map((value) => round(value));
    const area = round(bbox[2] * bbox[3] * (0.5 + 0.4 * random.uniform()));
    annotations.push({
      id,
      image_id: image,
      category_id: label,
      bbox,
      area,
      iscrowd: random.uniform() < CROWDS ? 1 : 0,
    });
    const times = random.uniform() < 0.15 ? 0 : 1 + whole(4);
    for (let i = 0; i < times && results.length < detections; i++) {
      const given = random.uniform() < 0.1 ? category() : label;
      found(image, given, jittered(box, 0.08 + 0.12 * i, random), (0.95 * random.uniform() ** 0.5) / (1 + i));
    }
  }
  while (results.length < detections) {
    found(1 + whole(images), category(), drawnBox(random), 0.6 * random.uniform() ** 4);
  }
  const order = results.map((result) => ({ result, key: random.uniform() })).sort((a, b) => a.key - b.key);
  const truth = {
    images: Array.from({ length: images }, (_, i) => ({
      ...{ id: i + 1, file_name: `${i + 1}.jpg`, width: WIDTH, height: HEIGHT },
    })),
    categories: Array.from({ length: categories }, (_, i) => ({ id: i + 1, name: `category ${i + 1}` })),
    annotations,
  };
  const [gt, dt] = [join(folder, "gt.json"), join(folder, "dt.json")];
  writeFileSync(gt, JSON.stringify(truth));
  writeFileSync(dt, JSON.stringify(order.map(({ result }) => result)));
  return { gt, dt };
}
