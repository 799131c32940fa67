import { describe, expect, test } from "vitest";
import { Random } from "../../math/random";
import { type PaintableImage, stepsOf } from "../grey-levels";
import { image } from "../image";
import { augment } from "./augment";
import { augmentation } from "./augmentation";
import { wantsValues } from "./choose-transforms";
import type { Partners } from "./company";
import { parseTransforms } from "./parse-transforms";
import type { Source } from "./tile";

const SIZE = 64;
const OFF = { hsv_h: 0, hsv_s: 0, hsv_v: 0, translate: 0, scale: 0, fliplr: 0, mosaic: 0 };

/** An image whose left half has one level and whose right half another. */
function halves(left: number, right: number): Source {
  const data = Uint16Array.from({ length: SIZE * SIZE }, (_, i) => stepsOf(i % SIZE < SIZE / 2 ? left : right));
  return source(image(SIZE, SIZE, 1, data));
}

function source(pixels: PaintableImage): Source {
  return { image: pixels, labels: { rows: new Float32Array(0) } };
}

function shown(sources: readonly Source[], options: object, { seed = 1, partners = {} as Partners } = {}): Uint8Array {
  const scratch = new Uint8Array(3 * SIZE * SIZE);
  const { image: made } = augment(
    sources,
    augmentation({ ...OFF, ...options }),
    SIZE,
    new Random(seed),
    scratch,
    partners,
  );
  expect([made.width, made.height, made.channels, made.data.length]).toEqual([SIZE, SIZE, 1, SIZE * SIZE]);
  return made.data;
}

/** The grey of either half, pixels far from its edges. */
const both = (data: Uint8Array) => [data[SIZE * 32 + 8], data[SIZE * 32 + SIZE - 8]];

const brightness = (by: number) => ({
  name: "RandomBrightnessContrast",
  p: 1,
  brightness_limit: [by, by],
  contrast_limit: [0, 0],
});
const contrast = (by: number) => ({
  name: "RandomBrightnessContrast",
  p: 1,
  brightness_limit: [0, 0],
  contrast_limit: [by, by],
});
const gamma = (by: number) => ({ name: "RandomGamma", p: 1, gamma_limit: [by, by] });
const median = { name: "MedianBlur", p: 1, blur_limit: [3, 3] };

describe("augment on levels that are not cut yet", () => {
  test("shows what the window shows when nothing is drawn", () => {
    // A slope from -60 to 318 along the rows, one more for each row: the edge is read by 1/256 from its neighbour.
    const values = Array.from({ length: SIZE * SIZE }, (_, i) => 6 * (i % SIZE) + Math.floor(i / SIZE) - 60);
    const levels = image(SIZE, SIZE, 1, Uint16Array.from(values, stepsOf));
    expect([...shown([source(levels)], {})]).toEqual(values.map((value) => Math.min(Math.max(value, 0), 255)));
  });

  test.each([
    // .2 x 255 = 51.
    ["darker", [brightness(-0.2)], [300, 280], [249, 229]],
    ["brighter", [brightness(0.2)], [-50, -20], [1, 31]],
    ["half the contrast", [contrast(-0.5)], [400, 510], [200, 255]],
    // 255 (300 / 255)^2 = 352.9, less 102 = 250.9; 255 (280 / 255)^2 = 307.5, less 102 = 205.5, in steps 205.45.
    ["gamma, then darker", [gamma(200), brightness(-0.4)], [300, 280], [251, 205]],
    // 300 - 102 = 198, 255 (198 / 255)^2 = 153.7; 178: 124.3.
    ["darker, then gamma", [brightness(-0.4), gamma(200)], [300, 280], [154, 124]],
    // -255 (51 / 255)^2 = -10.2, plus 51.
    ["gamma below black", [gamma(200), brightness(0.2)], [-51, 0], [41, 51]],
  ])("brings into sight what the window had cut: %s", (_, transforms, [left, right], expected) => {
    expect(both(shown([halves(left, right)], { transforms }))).toEqual(expected);
  });

  test("cuts before the first transform that acts on bytes", () => {
    const bright = [halves(300, 280)];
    expect(both(shown(bright, { transforms: [brightness(-0.2), median] }))).toEqual([249, 229]);
    // Cut to 255 by then, 204 is left of both.
    expect(both(shown(bright, { transforms: [median, brightness(-0.2)] }))).toEqual([204, 204]);
    expect(both(shown(bright, { transforms: [brightness(-0.4), median, brightness(0.2)] }))).toEqual([249, 229]);
  });

  test("leaves the margin to the transforms, as bytes do", () => {
    const data = new Uint16Array((SIZE * SIZE) / 2).fill(stepsOf(300));
    const wide = source(image(SIZE, SIZE / 2, 1, data));
    // 114 - 51 = 63 above, 249 within.
    const made = shown([wide], { transforms: [brightness(-0.2)] });
    expect([made[0], made[SIZE * 32]]).toEqual([63, 249]);
  });

  test("noise far beyond black and white does not show", () => {
    const transforms = [{ name: "GaussNoise", p: 1, var_limit: [25, 25] }];
    const made = shown([halves(-40, 120)], { transforms });
    const left = made.filter((_, i) => i % SIZE < SIZE / 2);
    const right = made.filter((_, i) => i % SIZE >= SIZE / 2);
    // -40 is eight deviations below black; the table of the noise ends at 3.7.
    expect(new Set(left)).toEqual(new Set([0]));
    const mean = right.reduce((sum, value) => sum + value, 0) / right.length;
    const deviation = Math.sqrt(right.reduce((sum, value) => sum + (value - mean) ** 2, 0) / right.length);
    // 2048 pixels: standard errors 5 / 45 = .11 and 5 / 64 = .08; rounding adds 1 / 12 of variance.
    expect(Math.abs(mean - 120)).toBeLessThan(0.5);
    expect(Math.abs(deviation - Math.sqrt(25 + 1 / 12))).toBeLessThan(0.35);
  });

  test("speckle leaves black where it is and grows with the signal", () => {
    const transforms = [{ name: "RayleighSpeckle", p: 1, strength: [0.4, 0.4] }];
    const made = shown([halves(0, 100)], { transforms });
    expect(new Set(made.filter((_, i) => i % SIZE < SIZE / 2))).toEqual(new Set([0]));
    const right = made.filter((_, i) => i % SIZE >= SIZE / 2);
    const mean = right.reduce((sum, value) => sum + value, 0) / right.length;
    // Deviation 52.27 x .4 = 20.9, standard error .46.
    expect(Math.abs(mean - 100)).toBeLessThan(2);
    expect(Math.max(...right) - Math.min(...right)).toBeGreaterThan(80);
  });

  test("hsv_v is a factor of the levels", () => {
    const grey = source(image(SIZE, SIZE, 1, new Uint8Array(SIZE * SIZE).fill(180)));
    let seen = 0;
    for (let seed = 0; seed < 30; seed++) {
      const [left] = both(shown([halves(300, 300)], { hsv_v: 0.4 }, { seed }));
      // The same factor f, of bytes: 180 f, cut off to an integer.
      const [byte] = both(shown([grey], { hsv_v: 0.4 }, { seed }));
      const [least, most] = [(300 * byte) / 180, (300 * (byte + 1)) / 180];
      expect(left).toBeGreaterThanOrEqual(Math.min(Math.floor(least), 255));
      expect(left).toBeLessThanOrEqual(Math.ceil(most));
      if (left < 255) seen++;
    }
    // f is below .85 in five of sixteen.
    expect(seen).toBeGreaterThan(4);
  });

  test("reads levels between pixels: a flip, a mosaic and a mixup keep them", () => {
    const transforms = [brightness(-0.2)];
    const flip = { name: "HorizontalFlip", p: 1 };
    expect(both(shown([halves(300, 280)], { transforms: [flip, ...transforms] }))).toEqual([229, 249]);
    const even = [0, 1, 2, 3].map(() => halves(300, 300));
    expect(new Set(shown(even, { transforms }))).toEqual(new Set([249]));
    const elastic = { name: "ElasticTransform", p: 1, alpha: 20, sigma: 6 };
    expect(new Set(shown(even, { transforms: [elastic, ...transforms] }))).toEqual(new Set([249]));
    const mixed = shown(even.slice(0, 1), { transforms }, { partners: { mixup: even.slice(1, 2) } });
    expect(new Set(mixed)).toEqual(new Set([249]));
    const cut = shown(even.slice(0, 1), { transforms }, { partners: { cutmix: [halves(280, 280)] } });
    expect(new Set(cut)).toEqual(new Set([249, 229]));
  });

  test("pasted lesions bring their levels", () => {
    const labels = { rows: Float32Array.of(0, 0.5, 0.5, 0.25, 0.25) };
    const donor = { ...halves(320, 320), labels };
    const made = shown([halves(300, 300)], { transforms: [brightness(-0.3)] }, { partners: { donor } });
    // 320 - 76.5 = 243.5 and 300 - 76.5 = 223.5, in sixteenths of the area.
    expect(made.filter((value) => value === 244).length).toBe((SIZE * SIZE) / 16);
    expect(made.filter((value) => value === 224).length).toBe((SIZE * SIZE * 15) / 16);
  });

  test("beside bytes, levels are cut first", () => {
    const grey = source(image(SIZE, SIZE, 1, new Uint8Array(SIZE * SIZE).fill(100)));
    const sources = [halves(300, 300), grey, grey, halves(-90, -90)];
    // 255 - 51, 100 - 51 and 0.
    expect(new Set(shown(sources, { transforms: [brightness(-0.2)] }))).toEqual(new Set([204, 49, 0]));
  });
});

describe("wantsValues", () => {
  test.each([
    ["no transform", [], false],
    ["one of bytes", [{ name: "CLAHE" }], false],
    ["geometry", [{ name: "Rotate" }], false],
    ["the window", [{ name: "Rotate" }, { name: "window_jitter" }], true],
    ["one of values", [{ name: "GaussNoise" }], true],
    ["one that never acts", [{ name: "GaussNoise", p: 0 }], false],
    ["a choice of bytes", [{ name: "OneOf", transforms: [{ name: "MedianBlur" }] }], false],
    [
      "a choice with one of values",
      [{ name: "OneOf", transforms: [{ name: "MedianBlur" }, { name: "RandomGamma" }] }],
      true,
    ],
  ])("of %s", (_, list, expected) => {
    expect(wantsValues(parseTransforms(list))).toBe(expected);
  });
});
