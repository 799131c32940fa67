import { describe, expect, test } from "vitest";
import { type compose, invert } from "../../geometry/affine";
import { Random } from "../../math/random";
import { type ByteImage, image } from "../image";
import { augment } from "./augment";
import { augmentation } from "./augmentation";
import { paintTile } from "./paint-tile";
import { randomTransform } from "./random-transform";
import { type Canvas, centred, mosaic, type Source } from "./tile";

const SIZE = 96;
const OFF = { hsv_h: 0, hsv_s: 0, hsv_v: 0, translate: 0, scale: 0, fliplr: 0 };
const noLabels = { rows: new Float32Array(0) };

function run(sources: readonly Source[], options: object, seed: number) {
  return augment(sources, augmentation(options), SIZE, new Random(seed), new Uint8Array(3 * SIZE * SIZE));
}

/** Smooth waves, so that a wrong position shows and interpolation hardly does. */
function waves(width: number, height: number, channels: 1 | 3, phase: number): ByteImage {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const c = i % channels;
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / channels / width);
    return 128 + 60 * Math.sin(x / 9 + phase + c) + 60 * Math.cos(y / 7 + 2 * phase);
  });
  return image(width, height, channels, data);
}

/** A black image with a white rectangle, and the label that says so. */
function rectangle(width: number, height: number, channels: 1 | 3, [x1, y1, x2, y2]: readonly number[]): Source {
  const data = new Uint8Array(width * height * channels);
  for (let y = y1; y < y2; y++) data.fill(255, (y * width + x1) * channels, (y * width + x2) * channels);
  const rows = Float32Array.of(1, (x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height);
  return { image: image(width, height, channels, data), labels: { rows } };
}

/** Bounds of the pixels above mid-grey but not of the margins. */
function brightBounds({ width, height, channels, data }: ByteImage): number[] {
  const xs: number[] = [];
  const ys: number[] = [];
  for (let i = 0; i < width * height; i++) {
    if (data[i * channels] <= 150) continue;
    xs.push(i % width);
    ys.push(Math.floor(i / width));
  }
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
}

/** What the canvas shows at output pixel (x, y), or undefined near a seam: painted first and sampled afterwards. */
function sampled(canvas: Canvas, outputFromCanvas: ReturnType<typeof compose>, x: number, y: number) {
  const [a, b, c, d, e, f] = invert(outputFromCanvas);
  const u = a * (x + 0.5) + b * (y + 0.5) + c;
  const v = d * (x + 0.5) + e * (y + 0.5) + f;
  for (const { region, canvasFromImage, image: source } of canvas.tiles) {
    const margin = Math.min(u - region.x1, region.x2 - u, v - region.y1, region.y2 - v);
    if (Math.abs(margin) < 1) return undefined;
    if (margin < 0) continue;
    const px = u - canvasFromImage[2] - 0.5;
    const py = v - canvasFromImage[5] - 0.5;
    const [x0, y0] = [Math.floor(px), Math.floor(py)];
    const at = (dx: number, dy: number) => source.data[((y0 + dy) * source.width + x0 + dx) * source.channels];
    const top = at(0, 0) * (1 - px + x0) + at(1, 0) * (px - x0);
    const bottom = at(0, 1) * (1 - px + x0) + at(1, 1) * (px - x0);
    return top * (1 - py + y0) + bottom * (py - y0);
  }
  return 114;
}

describe("augment", () => {
  test("leaves an image of the right size as it is when everything is off", () => {
    const source = { image: waves(SIZE, SIZE, 3, 1), labels: noLabels };
    expect(run([source], OFF, 1).image.data).toEqual(source.image.data);
  });

  test("pads with the grey of prediction", () => {
    const source = { image: waves(SIZE, SIZE / 2, 1, 1), labels: noLabels };
    const { data } = run([source], OFF, 1).image;
    expect(data.slice(0, (SIZE * SIZE) / 4).every((value) => value === 114)).toBe(true);
    expect(data.slice((SIZE * SIZE) / 4, (SIZE * SIZE * 3) / 4)).toEqual(source.image.data);
  });

  test.each([
    ["fliplr", [SIZE - 30, 40, SIZE - 10, 80]],
    ["flipud", [10, SIZE - 80, 30, SIZE - 40]],
  ])("%s mirrors pixels and boxes alike", (key, expected) => {
    const { image: flipped, labels } = run([rectangle(SIZE, SIZE, 1, [10, 40, 30, 80])], { ...OFF, [key]: 1 }, 1);
    expect(brightBounds(flipped)).toEqual(expected);
    const { x1, y1, x2, y2 } = labels[0];
    expect([x1, y1, x2, y2].map((value) => Math.round(value * 1e4) / 1e4)).toEqual(expected);
  });

  test.each([
    ["scale and shift", { scale: 0.3, translate: 0.1 }],
    ["turns", { degrees: 180 }],
    ["leans", { shear: 20, fliplr: 0.5 }],
    ["all together", { scale: 0.3, translate: 0.05, degrees: 30, shear: 10, fliplr: 0.5, flipud: 0.5 }],
  ])("keeps boxes on their lesions under %s", (_, options) => {
    for (let seed = 0; seed < 40; seed++) {
      const source = rectangle(SIZE, 64, seed % 2 ? 3 : 1, [36, 20, 64, 44]);
      const { image: shown, labels } = run([source], { ...OFF, ...options }, seed);
      const bright = brightBounds(shown);
      const { x1, y1, x2, y2 } = labels[0];
      for (const [i, side] of [x1, y1, x2, y2].entries()) {
        // The tips of a turned rectangle are thinner than a pixel.
        expect(Math.abs(side - bright[i]), `seed ${seed}, side ${i}`).toBeLessThan(2.5);
      }
    }
  });

  test("keeps the boxes of a mosaic on their lesions", () => {
    for (let seed = 0; seed < 40; seed++) {
      const lesion = rectangle(SIZE, 80, 1, [30, 20, 60, 50]);
      const healthy = { image: image(SIZE, SIZE, 1, new Uint8Array(SIZE * SIZE)), labels: noLabels };
      const sources = [0, 1, 2, 3].map((i) => (i === seed % 4 ? lesion : healthy));
      const { image: shown, labels } = run(sources, { ...OFF, scale: 0.4, translate: 0.1, fliplr: 0.5 }, seed);
      if (labels.length === 0) continue;
      const bright = brightBounds(shown);
      const { x1, y1, x2, y2 } = labels[0];
      for (const [i, side] of [x1, y1, x2, y2].entries()) {
        expect(Math.abs(side - bright[i]), `seed ${seed}, side ${i}`).toBeLessThan(1);
      }
    }
  });

  test("reads every pixel as from a canvas that is painted first and warped afterwards", () => {
    const options = augmentation({ degrees: 25, shear: 8, scale: 0.4, translate: 0.2, flipud: 0.5 });
    let compared = 0;
    for (let seed = 0; seed < 12; seed++) {
      const random = new Random(seed);
      const sources = [0, 1, 2, 3].map((i) => ({ image: waves(SIZE - 8 * i, 60 + 9 * i, 1, i), labels: noLabels }));
      const canvas = mosaic(sources, SIZE, random);
      const { outputFromCanvas } = randomTransform(options, canvas.size, SIZE, random);
      const target = image(SIZE, SIZE, 1, new Uint8Array(SIZE * SIZE).fill(114));
      for (const tile of canvas.tiles) paintTile(tile, outputFromCanvas, target);
      for (let i = 0; i < SIZE * SIZE; i++) {
        const expected = sampled(canvas, outputFromCanvas, i % SIZE, Math.floor(i / SIZE));
        if (expected === undefined) continue;
        compared++;
        expect(Math.abs(target.data[i] - expected), `seed ${seed}, pixel ${i}`).toBeLessThanOrEqual(1);
      }
    }
    expect(compared).toBeGreaterThan(0.8 * 12 * SIZE * SIZE);
  });

  test("leaves no grey line where tiles meet", () => {
    const white = { image: image(SIZE, SIZE, 3, new Uint8Array(3 * SIZE * SIZE).fill(255)), labels: noLabels };
    // With these settings the output never leaves the middle of the canvas, which four full tiles cover.
    for (let seed = 0; seed < 20; seed++) {
      const { data } = run([white, white, white, white], OFF, seed).image;
      expect(data.every((value) => value === 255)).toBe(true);
    }
  });

  test("fills all three channels from a grey image beside a coloured one", () => {
    const grey = { image: image(SIZE, SIZE, 1, new Uint8Array(SIZE * SIZE).fill(40)), labels: noLabels };
    const red = Uint8Array.from({ length: 3 * SIZE * SIZE }, (_, i) => (i % 3 === 0 ? 200 : 0));
    const colour = { image: image(SIZE, SIZE, 3, red), labels: noLabels };
    const { data, channels } = run([grey, colour, colour, grey], OFF, 3).image;
    expect(channels).toBe(3);
    const colours = new Set(Array.from({ length: SIZE * SIZE }, (_, i) => data.slice(3 * i, 3 * i + 3).join(" ")));
    expect([...colours].sort()).toEqual(["200 0 0", "40 40 40"]);
  });

  test("changes the brightness of a grey image by at most hsv_v", () => {
    const grey = { image: image(SIZE, SIZE, 1, new Uint8Array(SIZE * SIZE).fill(100)), labels: noLabels };
    const values = Array.from({ length: 50 }, (_, seed) => run([grey], { ...OFF, hsv_v: 0.4 }, seed).image.data[0]);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(59);
    expect(Math.max(...values)).toBeLessThanOrEqual(140);
    expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(60);
  });

  test("repeats itself with the same seed and differs with another", () => {
    const sources = [0, 1, 2, 3].map((i) => ({ ...rectangle(SIZE, 70, 3, [10, 10, 50, 50]), phase: i }));
    const again = (seed: number) => run(sources, {}, seed);
    expect(again(5)).toEqual(again(5));
    expect(again(6).image.data).not.toEqual(again(5).image.data);
  });
});

describe("mosaic", () => {
  test("lets four images meet at a point of the middle half, cut at the canvas", () => {
    for (let seed = 0; seed < 50; seed++) {
      const sources = [0, 1, 2, 3].map((i) => ({ image: waves(50 + i, 96 - i, 1, i), labels: noLabels }));
      const { size, tiles } = mosaic(sources, SIZE, new Random(seed));
      expect(size).toBe(2 * SIZE);
      const [x, y] = [tiles[0].region.x2, tiles[0].region.y2];
      for (const value of [x, y]) {
        expect(value).toBeGreaterThanOrEqual(SIZE / 2);
        expect(value).toBeLessThan((3 * SIZE) / 2);
      }
      expect(tiles.map(({ region }) => region)).toEqual([
        { x1: Math.max(0, x - 50), y1: Math.max(0, y - 96), x2: x, y2: y },
        { x1: x, y1: Math.max(0, y - 95), x2: Math.min(2 * SIZE, x + 51), y2: y },
        { x1: Math.max(0, x - 52), y1: y, x2: x, y2: Math.min(2 * SIZE, y + 94) },
        { x1: x, y1: y, x2: Math.min(2 * SIZE, x + 53), y2: Math.min(2 * SIZE, y + 93) },
      ]);
      expect(tiles.map(({ canvasFromImage: [, , left, , , top] }) => [left, top])).toEqual([
        [x - 50, y - 96],
        [x, y - 95],
        [x - 52, y],
        [x, y],
      ]);
    }
  });
});

describe("centred", () => {
  test("fits the longer side and shares the rest", () => {
    // 48 x 24 into 96: doubled to 96 x 48, 24 rows of margin above.
    const { tiles } = centred({ image: waves(48, 24, 1, 0), labels: noLabels }, SIZE);
    expect(tiles[0].canvasFromImage).toEqual([2, 0, 0, 0, 2, 24]);
    const { x1, y1, x2, y2 } = tiles[0].region;
    expect([x1 + 0, y1, x2, y2]).toEqual([0, 24, 96, 72]);
  });
});

describe("randomTransform", () => {
  test("takes the middle of the canvas to within translate of the middle of the image", () => {
    const options = augmentation({ translate: 0.1, scale: 0.5, degrees: 45, shear: 10, flipud: 0.5 });
    for (let seed = 0; seed < 200; seed++) {
      const { outputFromCanvas, scale } = randomTransform(options, 200, 100, new Random(seed));
      const [a, b, c, d, e, f] = outputFromCanvas;
      expect(Math.abs(a * 100 + b * 100 + c - 50)).toBeLessThanOrEqual(10 + 1e-9);
      expect(Math.abs(d * 100 + e * 100 + f - 50)).toBeLessThanOrEqual(10 + 1e-9);
      expect(scale).toBeGreaterThanOrEqual(0.5);
      expect(scale).toBeLessThan(1.5);
    }
  });

  test("flips with the probabilities asked for", () => {
    const options = augmentation({ fliplr: 0.25 });
    const flipped = Array.from({ length: 4000 }, (_, seed) => randomTransform(options, 100, 100, new Random(seed)));
    const share = flipped.filter(({ outputFromCanvas }) => outputFromCanvas[0] < 0).length / 4000;
    // Standard deviation sqrt(.25 * .75 / 4000) = .0068.
    expect(Math.abs(share - 0.25)).toBeLessThan(0.03);
    expect(flipped.every(({ outputFromCanvas }) => outputFromCanvas[4] > 0)).toBe(true);
  });
});
